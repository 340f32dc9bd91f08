"""MTLD: lexical diversity that does not depend on a document's length; a high one means rich, hard text.

Chinese is measured by characters: it costs no dictionary and no segmenter, but the threshold was found on English
words, so its values say something only beside those of other Chinese documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pipeline.label.code_points import LONGEST, Integers, Words, chunks, classes, hashes, of_each, unit_starts
from pipeline.label.lexical_diversity import mtld
from pipeline.label.signal import Columns, PlainSignal

TOGETHER = 1 << 21
"""Words from which on factors are counted; the more texts go side by side, the less a step costs each."""


class Mtld(PlainSignal):
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
        values: list[npt.NDArray[np.float64]] = [np.zeros(0)]
        words: list[Words] = []
        counts: list[Integers] = []
        for rows, chunk in chunks(texts, LONGEST):
            kinds = of_each(classes(), chunk)
            words.append(hashes(chunk, kinds))
            counts.append(chunk.count(unit_starts(kinds)))
            if sum(map(len, words)) >= TOGETHER or rows.stop == len(texts):
                values.append(mtld(np.concatenate(words), np.concatenate(counts)))
                words, counts = [], []
        return {"mtld": np.concatenate(values).astype(np.float32)}
