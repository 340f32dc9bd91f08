"""Random: every document once an epoch, in a keyed shuffle that needs no memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from curricula.order import Lengths, Order, Rows, Signal, spans
from curricula.permutation import permute


class Random(Order):
    """A fresh keyed permutation of all documents each epoch."""

    kind: Literal["random"] = "random"

    def rows(self, size: int, signal: Signal | None, key: int, tokens: Lengths | None = None) -> Iterator[Rows]:
        """Yield the permutation chunk by chunk."""
        for start, stop in spans(size):
            yield permute(np.arange(start, stop), size, key)
