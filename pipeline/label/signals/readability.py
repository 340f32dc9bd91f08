"""Readability: Flesch's reading ease in English, a counterpart of our own in Chinese, nothing in other languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from pipeline.label.code_points import LONGEST, Texts, chunks
from pipeline.label.reading_ease import ReadingEase, chinese, english
from pipeline.label.signal import Columns, PlainSignal

_FORMULAS: Mapping[str, Callable[[Texts], ReadingEase]] = {
    "eng": english,
    "cmn": chinese,
    "zho": chinese,
    "yue": chinese,
    "lzh": chinese,
}


class Readability(PlainSignal):
    """Columns ``readability`` (higher is easier), ``sentence_length`` and ``rare_characters``.

    NaN where the language that cleaning identified is neither English nor Chinese, or the document has no words. The
    two languages' values are on scales of their own: compare within a language. Of a document the first 1 Mi characters
    are read.
    """

    kind: Literal["readability"] = "readability"
    unidentified: Literal["eng", "cmn"] | None = None
    """Language of the documents whose language was not identified; null leaves them without values."""

    @property
    def columns(self) -> Mapping[str, np.dtype[Any]]:
        """Return the three columns."""
        return dict.fromkeys(["readability", "sentence_length", "rare_characters"], np.dtype(np.float32))

    def measure(self, texts: Sequence[str], metadata: Sequence[Mapping[str, Any]]) -> Columns:
        """Measure the documents of each formula together."""
        values = {name: np.full(len(texts), np.nan, dtype) for name, dtype in self.columns.items()}
        languages = [str(row.get("language") or self.unidentified or "").split("_")[0] for row in metadata]
        for formula in dict.fromkeys(_FORMULAS.values()):
            mine = np.flatnonzero([_FORMULAS.get(language) is formula for language in languages])
            for rows, chunk in chunks([texts[int(i)] for i in mine], LONGEST):
                found = formula(chunk)
                values["readability"][mine[rows]] = found.score
                values["sentence_length"][mine[rows]] = found.sentence_length
                values["rare_characters"][mine[rows]] = found.rare_characters
        return values
