"""Warm-up: a curriculum at the beginning, random order afterwards, and nothing seen twice.

In "Beyond Random Sampling" (2506.11300) a curriculum as a warm-up was what left lasting gains.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from curricula.order import Lengths, Rows, Signal
from curricula.permutation import derive
from curricula.random_order import Random
from curricula.settings import Share
from curricula.wrapper import Wrapper


class WarmUp(Wrapper):
    """Follows an inner order for the first share of the slice's tokens, then reads what is left in random order.

    The document in which the share ends belongs to the warm-up. An epoch always holds every document once.
    """

    kind: Literal["warm_up"] = "warm_up"
    warm_up_share: Share = Field(default=0.2)
    """Share of the slice's tokens read in the inner order; 0.1 to 0.3 is usual."""

    def rows(self, size: int, signal: Signal | None, key: int, tokens: Lengths | None = None) -> Iterator[Rows]:
        """Yield the head of the inner order, then a random order without it; one byte a document remembers."""
        assert tokens is not None and len(tokens) == size, "a warm-up counts tokens"
        seen = np.zeros(size, dtype=np.bool_)
        for rows in self._head(self.of.rows(size, signal, derive(key, 0), tokens), tokens):
            seen[rows] = True
            yield rows
        for rows in Random().rows(size, None, derive(key, 1)):
            rest = rows[~seen[rows]]
            if len(rest):
                yield rest

    def _head(self, inner: Iterator[Rows], tokens: Lengths) -> Iterator[Rows]:
        """Yield documents for as long as fewer tokens than the share have been read before them."""
        left = self.warm_up_share * int(tokens.sum(dtype=np.int64))
        for rows in inner:
            ends = np.cumsum(tokens[rows], dtype=np.int64)
            count = 1 + int(np.searchsorted(ends, left)) if left > 0 else 0
            if count:
                yield rows[:count]
            if count < len(rows):
                return
            left -= int(ends[-1])
