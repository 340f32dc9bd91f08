"""Neighbours: which documents of a slice are packed together, so that packing does not undo an order.

Small windows waste more room, large ones mix what the order keeps apart. Of documents between 30 tokens and a sequence,
windows of 512 keep a curriculum's rank correlation above 0.99 and cost about 1 % padding; a random order has nothing to
lose, and its windows only bound memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

from curricula.blocks import Blocks
from curricula.by_signal import ranked
from curricula.order import Order, Signal
from curricula.random_order import Random

RANDOM_WINDOW = 1 << 18
"""Documents packed together where the order has none near each other."""
SORTED_WINDOW = 512
"""Documents packed together where the order follows a signal."""

Rows = npt.NDArray[np.int64]


def window_of(order: Order) -> tuple[Literal["signal", "corpus", "random"], int]:
    """Return what documents are near each other by, and how many of them are packed together."""
    if order.needs:
        return "signal", SORTED_WINDOW
    if isinstance(order, Blocks):
        # What is read together lies together: one window of blocks, as it is read without packing.
        return "corpus", order.size * order.window
    return "random", RANDOM_WINDOW


def neighbours(order: Order, size: int, signal: Signal | None, key: int) -> Iterator[Rows]:
    """Yield all documents of a slice, a window of neighbours at a time."""
    by, window = window_of(order)
    if by == "corpus":
        return (np.arange(start, min(start + window, size)) for start in range(0, size, window))
    if by == "random":
        return windows(Random().rows(size, None, key), window)
    assert signal is not None, "an order that needs a signal has one"
    rows = ranked(signal, key)
    return (rows[start : start + window] for start in range(0, size, window))


def windows(stretches: Iterable[Rows], window: int) -> Iterator[Rows]:
    """Yield the rows of stretches in windows of one size, the last one shorter."""
    kept: list[Rows] = []
    count = 0
    for stretch in stretches:
        kept.append(stretch)
        count += len(stretch)
        while count >= window:
            rows = np.concatenate(kept)
            yield rows[:window]
            kept, count = [rows[window:]], count - window
    if count:
        yield np.concatenate(kept)
