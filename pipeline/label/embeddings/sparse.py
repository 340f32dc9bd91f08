"""A sparse matrix: rows of (column, weight), multiplied a block of rows at a time as if it were dense.

For the few thousand words that are looked at, a dense product takes less time than gathering.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.label.embeddings.embedding import Vectors

Integers = npt.NDArray[np.int64]
TOGETHER = 256
"""Rows of one product; always the same, so that a row's result does not depend on how many come with it."""


@dataclass(frozen=True)
class Sparse:
    """Entries, sorted by row; no entry twice."""

    rows: Integers
    columns: Integers
    weights: npt.NDArray[np.float32]
    height: int
    """Number of rows; those without entries are zeros."""
    width: int
    """Number of columns."""

    @classmethod
    def counted(cls, rows: Integers, columns: Integers, height: int, width: int) -> Sparse:
        """Return how often each (row, column) occurs."""
        found, counts = np.unique(rows * max(width, 1) + columns, return_counts=True)
        return cls(found // max(width, 1), found % max(width, 1), counts.astype(np.float32), height, width)

    def unit(self) -> Sparse:
        """Return the same rows at length 1."""
        squares = np.bincount(self.rows, self.weights.astype(np.float64) ** 2, self.height)
        length = np.sqrt(squares)[self.rows]
        return Sparse(self.rows, self.columns, (self.weights / length).astype(np.float32), self.height, self.width)

    def times(self, matrix: Vectors) -> Vectors:
        """Return the product with a matrix [column, ...]. A row's result does not depend on the other rows."""
        parts = [block @ matrix for block in self._blocks()]
        return np.concatenate([np.zeros((0, matrix.shape[1]), np.float32), *parts])[: self.height]

    def covariance_times(self, matrix: Vectors) -> Vectors:
        """Return the product of the transpose, this and a matrix [column, ...]."""
        result = np.zeros(matrix.shape, np.float32)
        for block in self._blocks():
            result += block.T @ (block @ matrix)
        return result

    def _blocks(self) -> Iterator[Vectors]:
        """Yield `TOGETHER` dense rows each time; the last block ends in zeros. What is yielded is overwritten."""
        block = np.zeros((TOGETHER, self.width), np.float32)
        for begin in range(0, self.height, TOGETHER):
            first, last = np.searchsorted(self.rows, [begin, begin + TOGETHER])
            places = self.rows[first:last] - begin, self.columns[first:last]
            block[places] = self.weights[first:last]
            yield block
            block[places] = 0.0
