"""Ascending: from the lowest value of a signal to the highest, such as easy to hard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

from curricula.order import CHUNK, Order, Rows
from curricula.permutation import permute


class Ascending(Order):
    """From the lowest value of a signal to the highest; equal values in keyed random order, NaN last."""

    kind: Literal["ascending"] = "ascending"
    signal: str
    """Label column to sort by, such as ``compression_ratio`` or ``length``."""

    @property
    def needs(self) -> str | None:
        """The signal's name."""
        return self.signal

    def rows(self, size: int, signal: npt.NDArray[np.float64] | None, key: int) -> Iterator[Rows]:
        """Yield a stable sort; the permutation underneath decides among equals."""
        assert signal is not None and signal.shape == (size,)
        shuffled = permute(np.arange(size, dtype=np.uint64), size, key).astype(np.int64)
        ranked = shuffled[np.argsort(signal[shuffled], kind="stable")]
        for start in range(0, size, CHUNK):
            yield ranked[start : start + CHUNK]
