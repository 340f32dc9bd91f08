"""Hashed words: each word, Chinese character and pair of neighbours adds to one place chosen by its hash.

No model and no download: two texts are alike as far as they share words (feature hashing, Weinberger et al.
0902.2206). Repetitions count by the square root, so that function words do not drown the rest.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from pipeline.label.embeddings.embedding import Embed, Embedding, Vectors, unit
from pipeline.label.fasttext_line import line


class Hashed(Embedding):
    """Needs nothing, knows nothing of meaning; for tests, and for corpora where topics share words."""

    kind: Literal["hashed"] = "hashed"
    dimension: int = Field(default=512, ge=8)
    """Size of the vectors."""

    def load(self, data: Path, learned: Path | None = None) -> Embed:
        """Return the embedding."""
        return self._embed

    def _embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float64)
        for row, text in enumerate(texts):
            counts = Counter(words := line(text, self.characters).split())
            counts.update(f"{a} {b}" for a, b in pairwise(words))
            if counts:
                hashes = np.array([zlib.crc32(word.encode()) for word in counts], dtype=np.int64)
                weight = np.sqrt(np.fromiter(counts.values(), np.float64, len(counts)))
                signs = np.where(hashes >> 31, 1.0, -1.0)
                vectors[row] = np.bincount(hashes % self.dimension, weight * signs, self.dimension)
        return unit(vectors)
