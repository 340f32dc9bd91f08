"""MTLD: lexical diversity that does not depend on a document's length; a high one means rich, hard text.

Chinese is measured by characters: it costs no dictionary and no segmenter, but the threshold was found on English
words, so its values say something only beside those of other Chinese documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from pipeline.label.code_points import LONGEST, chunks, classes, hashes, unit_starts
from pipeline.label.lexical_diversity import mtld
from pipeline.label.signal import Columns, Signal


class Mtld(Signal):
    """Column ``mtld``: mean length in words (Chinese characters) of runs whose type-token ratio stays at 0.72 or above.

    NaN where no word is repeated. Capitals do not matter; of a document the first 1 Mi characters are read.
    """

    kind: Literal["mtld"] = "mtld"

    @property
    def columns(self) -> Mapping[str, np.dtype[Any]]:
        """Return the column."""
        return {"mtld": np.dtype(np.float32)}

    def measure(self, texts: Sequence[str], metadata: Sequence[Mapping[str, Any]]) -> Columns:
        """Count factors forwards and backwards."""
        values = np.zeros(len(texts), dtype=np.float32)
        for rows, chunk in chunks(texts, LONGEST):
            kinds = classes()[chunk.points]
            values[rows] = mtld(hashes(chunk, kinds), chunk.count(unit_starts(kinds)))
        return {"mtld": values}
