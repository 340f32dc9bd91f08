"""Language: what cleaning identified, completed by the script, as label columns that slices can be cut by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from pipeline.label.scripts import scripts_of
from pipeline.label.signal import Columns, PlainSignal

UNDETERMINED = "und"
"""ISO 639-3 code for a language that was not identified."""


class Language(PlainSignal):
    """Columns ``language`` (ISO 639-3 and script), ``language_score`` (0 to 1) and ``script`` (ISO 15924).

    ``language`` is what cleaning identified, such as ``eng_Latn`` or ``cmn_Hani``. A code without a script is given the
    one that most of the text's letters are of, and so is ``und``, a language that was not identified. ``script`` is
    counted either way; a text without letters has an empty one. Both read the first 5,000 characters of a document.
    """

    kind: Literal["language"] = "language"

    @property
    def columns(self) -> Mapping[str, np.dtype[Any]]:
        """Return the three columns."""
        return {"language": np.dtype(object), "language_score": np.dtype(np.float32), "script": np.dtype(object)}

    def measure(self, texts: Sequence[str], metadata: Sequence[Mapping[str, Any]]) -> Columns:
        """Copy what the corpus says of each document, and count letters."""
        scripts = scripts_of(texts)
        codes = [
            _with_script(row.get("language") or UNDETERMINED, script)
            for row, script in zip(metadata, scripts, strict=True)
        ]
        return {
            "language": np.array(codes, dtype=object),
            "language_score": np.array([row.get("language_score") or 0.0 for row in metadata], dtype=np.float32),
            "script": np.array(scripts, dtype=object),
        }


def _with_script(code: str, script: str) -> str:
    return code if "_" in code or not script else f"{code}_{script}"
