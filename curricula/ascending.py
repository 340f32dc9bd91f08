"""Ascending: from the lowest value of a signal to the highest, such as easy to hard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from curricula.by_signal import BySignal, ranked
from curricula.order import Lengths, Rows, Signal, chunks


class Ascending(BySignal):
    """From the lowest value of a signal to the highest; equal values in keyed random order, NaN last.

    The vanilla curriculum of "Beyond Random Sampling" (2506.11300).
    """

    kind: Literal["ascending"] = "ascending"

    def rows(self, size: int, signal: Signal | None, key: int, tokens: Lengths | None = None) -> Iterator[Rows]:
        """Yield a stable sort; the permutation underneath decides among equals."""
        assert signal is not None and signal.shape == (size,)
        yield from chunks(ranked(signal, key))
