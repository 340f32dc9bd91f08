"""Language: what cleaning identified, as label columns that slices can be cut by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from pipeline.label.signal import Columns, Signal

UNDETERMINED = "und"
"""ISO 639-3 code for a language that was not identified."""


class Language(Signal):
    """Columns ``language`` (ISO 639-3 and script) and ``language_score`` (0 to 1)."""

    kind: Literal["language"] = "language"

    @property
    def columns(self) -> Mapping[str, np.dtype[Any]]:
        """Return the two columns."""
        return {"language": np.dtype(object), "language_score": np.dtype(np.float32)}

    def measure(self, texts: Sequence[str], metadata: Sequence[Mapping[str, Any]]) -> Columns:
        """Copy what the corpus says of each document."""
        return {
            "language": np.array([row.get("language") or UNDETERMINED for row in metadata], dtype=object),
            "language_score": np.array([row.get("language_score") or 0.0 for row in metadata], dtype=np.float32),
        }
