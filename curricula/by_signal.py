"""Orders by a signal: the lowest or the highest first, documents without a value last.

Equal values stand in keyed random order, so a signal with few values does not fall back to the corpus's order.
"""

from __future__ import annotations

import numpy as np

from curricula.order import Order, Path, Rows, Signal
from curricula.permutation import permutation


class BySignal(Order):
    """An order that sorts by a label column."""

    signal: str
    """Label column to sort by, such as ``compression_ratio`` or ``length``."""

    def mentions(self) -> dict[Path, str]:
        """Return the signal under its field's path."""
        return {("signal",): self.signal}


def ranked(signal: Signal, key: int, *, falling: bool = False) -> Rows:
    """Return rows from the lowest value to the highest, or ``falling``; NaN last, equal values in keyed order."""
    shuffled = permutation(len(signal), key)
    values = signal[shuffled]
    if falling:
        np.negative(values, out=values)
    return shuffled[np.argsort(values, kind="stable")]
