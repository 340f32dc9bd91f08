"""Descending: from the highest value of a signal to the lowest.

Easy to hard for signals that fall with difficulty (readability, compression ratio); hard to easy for the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from curricula.by_signal import BySignal, ranked
from curricula.order import Lengths, Rows, Signal, chunks


class Descending(BySignal):
    """From the highest value of a signal to the lowest; equal values in keyed random order, NaN last."""

    kind: Literal["descending"] = "descending"

    def rows(self, size: int, signal: Signal | None, key: int, tokens: Lengths | None = None) -> Iterator[Rows]:
        """Yield a stable sort of the negated signal; the permutation underneath decides among equals."""
        assert signal is not None and signal.shape == (size,)
        yield from chunks(ranked(signal, key, falling=True))
