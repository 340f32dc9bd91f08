"""Random: every document once an epoch, in a keyed shuffle that needs no memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

from curricula.order import CHUNK, Order, Rows
from curricula.permutation import permute


class Random(Order):
    """A fresh keyed permutation of all documents each epoch."""

    kind: Literal["random"] = "random"

    def rows(self, size: int, signal: npt.NDArray[np.float64] | None, key: int) -> Iterator[Rows]:
        """Yield the permutation chunk by chunk."""
        for start in range(0, size, CHUNK):
            indices = np.arange(start, min(size, start + CHUNK), dtype=np.uint64)
            yield permute(indices, size, key).astype(np.int64)
