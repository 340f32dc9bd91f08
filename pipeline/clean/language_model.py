"""Language identification: a fastText model whose labels become ISO 639-3 codes with a script.

GlotLID already speaks so (``cmn_Hani``); lid.176 says ``zh`` and is translated by ``lid176.yaml``. The script
matters: ``cmn_Hani`` is the one key under which datatrove segments Chinese rightly.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import UserError

LONGEST = 5_000
"""Characters that are looked at; more change nothing but the time."""
CHINESE = "cmn_Hani"
JAPANESE = "jpn_Jpan"
_KANA = re.compile("[\u3040-\u30ff]")
"""Japanese cannot be written without it; lid.176 takes some short Chinese texts for Japanese."""
_PREFIX = "__label__"
_SCRIPTED = re.compile(r"[a-z]{2,3}_[A-Z][a-z]{3}")


@cache
def _table() -> dict[str, str]:
    table: dict[str, str] = yaml.safe_load((Path(__file__).parent / "lid176.yaml").read_text(encoding="utf-8"))
    return table


def code_of(label: str) -> str:
    """Return ISO 639-3 and script for a model's label; labels known to neither table pass through."""
    name = label.removeprefix(_PREFIX)
    return name if _SCRIPTED.fullmatch(name) else _table().get(name, name)


class LanguageModel:
    """A loaded fastText model."""

    def __init__(self, path: Path) -> None:
        from fasttext.FastText import _FastText

        try:
            self._model: Any = _FastText(str(path)).f
        except (ValueError, MemoryError, RuntimeError) as error:
            raise UserError(f"clean.language_model: {path}: not a fastText model: {error}") from error

    def identify(self, text: str) -> tuple[str, float]:
        """Return the most likely language and its score in [0, 1]; empty and 0 for text without any trace."""
        line = " ".join(text[:LONGEST].split())
        # fasttext's own wrapper breaks on NumPy 2; the extension below it does not.
        found = self._model.predict(line + "\n", 1, 0.0, "strict")
        if not found:
            return "", 0.0
        score, label = found[0]
        language = code_of(label)
        if language == JAPANESE and not _KANA.search(line):
            language = CHINESE
        return language, min(1.0, max(0.0, float(score)))
