"""Buckets: quantile buckets of a signal one after the other, shuffled inside.

With ``signal: perplexity`` this is the perplexity curriculum of Llama-3-SynE (2407.18743): Chinese documents from
low to high perplexity under the model that is continued. A strict sort would put near-identical documents into one
batch; buckets keep the direction and leave each of them mixed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from curricula.by_signal import BySignal, ranked
from curricula.order import Lengths, Rows, Signal, chunks
from curricula.permutation import derive, permutation


class Buckets(BySignal):
    """Quantile buckets of a signal, each in keyed random order; documents without a value after all of them."""

    kind: Literal["buckets"] = "buckets"
    count: int = Field(default=10, gt=0, le=65_535)
    """Buckets; each holds the same number of documents, to within one."""
    direction: Literal["up", "down"] = "up"
    """``up`` begins with the lowest values, ``down`` with the highest."""

    def rows(self, size: int, signal: Signal | None, key: int, tokens: Lengths | None = None) -> Iterator[Rows]:
        """Yield a shuffle of all documents, sorted stably by bucket."""
        assert signal is not None and signal.shape == (size,)
        bucket = self._bucket_of(signal, derive(key, 0))
        shuffled = permutation(size, derive(key, 1))
        yield from chunks(shuffled[np.argsort(bucket[shuffled], kind="stable")])

    def _bucket_of(self, signal: Signal, key: int) -> np.ndarray[tuple[int], np.dtype[np.uint16]]:
        """Return each document's bucket; those without a value get the number after the last bucket."""
        with_value = len(signal) - int(np.isnan(signal).sum())
        order = ranked(signal, key, falling=self.direction == "down")
        bucket = np.full(len(signal), self.count, dtype=np.uint16)
        bucket[order[:with_value]] = np.arange(with_value) * self.count // max(1, with_value)
        return bucket
