"""Random: every document once an epoch, in a keyed shuffle of which any part can be had at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from curricula.order import Lengths, Order, Rows, Signal, chunks
from curricula.strata import Strata


class Random(Order):
    """A fresh keyed shuffle of all documents each epoch."""

    kind: Literal["random"] = "random"

    def rows(self, size: int, signal: Signal | None, key: int, tokens: Lengths | None = None) -> Iterator[Rows]:
        """Yield part by part."""
        parts = self.parts(size, key)
        for number in range(len(parts)):
            yield from chunks(parts.rows(number))

    def parts(self, size: int, key: int) -> Strata:
        """Return the shuffle."""
        return Strata(size, key)
