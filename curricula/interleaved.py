"""Interleaved: several passes from easy to hard in place of one, each over its own share of the documents.

The interleaved curriculum of "Beyond Random Sampling" (2506.11300): every pass covers the whole range of difficulty.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from curricula.order import Lengths, Rows, Signal, chunks
from curricula.wrapper import Wrapper


class Interleaved(Wrapper):
    """Cuts an inner order into folds: fold f takes every ``folds``-th document from the f-th on, in inner order.

    Around ``ascending`` each fold is one pass from easy to hard; around ``buckets`` it takes an equal part of
    every bucket, one bucket after the other.
    """

    kind: Literal["interleaved"] = "interleaved"
    folds: int = Field(default=10, gt=0)
    """Passes; their lengths differ by at most one document."""

    def rows(self, size: int, signal: Signal | None, key: int, tokens: Lengths | None = None) -> Iterator[Rows]:
        """Yield fold after fold; the whole inner order is held in memory."""
        inner = np.empty(size, dtype=np.int64)
        done = 0
        for rows in self.of.rows(size, signal, key, tokens):
            inner[done : done + len(rows)] = rows
            done += len(rows)
        for fold in range(min(self.folds, size)):
            yield from chunks(inner[fold :: self.folds])
