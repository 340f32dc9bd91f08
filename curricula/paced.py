"""Paced: documents drawn at random from a pool of easy ones that grows until it holds all.

Pacing as in "Beyond Random Sampling" (2506.11300), with the two parameters of Wu et al. (2012.03107): the share the
pool starts with and the progress at which it is full. Documents are drawn without replacement and every one comes
exactly once, so the pool must never hold less than has been read; settings that would break this are refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from curricula.by_signal import BySignal, ranked
from curricula.order import Lengths, Rows, Signal, chunks
from curricula.permutation import derive, permute

MOMENTS = 256
"""How often an epoch the pool grows, at least; a large slice draws many documents at each."""


class Paced(BySignal):
    """At progress x, draws at random from the easiest ``share(x)`` of the documents that have not been read."""

    kind: Literal["paced"] = "paced"
    direction: Literal["up", "down"] = "up"
    """``up`` takes the lowest values for the easiest, ``down`` the highest."""
    function: Literal["linear", "quadratic", "inverse_quadratic"] = "linear"
    """How the pool grows: evenly; slowly at first; fast at first."""
    start: float = Field(default=0.1, ge=0.001, le=1.0)
    """Share of the documents in the pool at the beginning."""
    full_at: float = Field(default=0.5, gt=0.0, le=1.0)
    """Share of the epoch after which the pool holds every document."""

    @model_validator(mode="after")
    def _pool_never_runs_dry(self) -> Paced:
        latest = 2 * math.sqrt(self.start * (1 - self.start))
        if self.function == "quadratic" and self.start < 0.5 and self.full_at > latest * (1 + 1e-9):
            raise ValueError(
                f"a quadratic pool that starts with {self.start:g} and is full at {self.full_at:g} would run out of "
                f"documents on the way; full_at is at most {math.floor(latest * 1e4) / 1e4:g} with this start"
            )
        return self

    def share(self, progress: float) -> float:
        """Return the share of the documents, easiest first, that may have been drawn at a progress in [0, 1]."""
        way = min(1.0, progress / self.full_at)
        grown = {"linear": way, "quadratic": way**2, "inverse_quadratic": 1 - (1 - way) ** 2}[self.function]
        return self.start + (1 - self.start) * grown

    def rows(self, size: int, signal: Signal | None, key: int, tokens: Lengths | None = None) -> Iterator[Rows]:
        """Yield the draws; they are made in place, in the array of ranked documents."""
        assert signal is not None and signal.shape == (size,)
        line = ranked(signal, derive(key, 0), falling=self.direction == "down")
        step = max(1, size // MOMENTS)
        drawn = 0
        while drawn < size:
            pool = max(drawn + 1, math.floor(size * self.share((drawn + 1) / size)))
            count = min(step, pool - drawn)
            _draw(line[drawn:pool], count, derive(key, 1 + drawn))
            drawn += count
        yield from chunks(line)


def _draw(pool: Rows, count: int, key: int) -> None:
    """Bring ``count`` keyed random elements to the front, in place; those they displace take their places."""
    chosen = permute(np.arange(count), len(pool), key)
    drawn = pool[chosen]
    stays = np.ones(count, dtype=np.bool_)
    stays[chosen[chosen < count]] = False
    pool[chosen[chosen >= count]] = pool[:count][stays]
    pool[:count] = drawn
