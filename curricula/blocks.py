"""Blocks: a shuffle for storage where random reads are slow.

Neighbouring documents stay together as a block; the blocks are permuted, and the documents of a window of them are
shuffled together. While one window is read, only that window's blocks are touched, so a cache that holds a window
reads nearly every page once (blocks share pages at their edges). The price: a document meets only documents of its
window's blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from curricula.order import Lengths, Order, Rows, Signal, spans
from curricula.permutation import derive, permute


class Blocks(Order):
    """A keyed permutation of blocks of neighbouring documents, shuffled inside a window of blocks.

    The sizes are Levanter's (256 to a block, 512 blocks to a window). A smaller window needs a smaller cache.
    """

    kind: Literal["blocks"] = "blocks"
    size: int = Field(default=256, gt=0)
    """Neighbouring documents in a block."""
    window: int = Field(default=512, gt=0)
    """Blocks whose documents are shuffled together."""

    def rows(self, size: int, signal: Signal | None, key: int, tokens: Lengths | None = None) -> Iterator[Rows]:
        """Yield window after window; memory holds one window's block numbers and one chunk."""
        num_blocks = -(-size // self.size)
        for first in range(0, num_blocks, self.window):
            places = np.arange(first, min(num_blocks, first + self.window))
            members = permute(places, num_blocks, derive(key, 0))
            yield from self._shuffled(members, size, derive(key, 1 + first))

    def _shuffled(self, members: Rows, size: int, key: int) -> Iterator[Rows]:
        """Yield the documents of some blocks in keyed random order."""
        last = (size - 1) // self.size
        missing = (last + 1) * self.size - size if last in members else 0
        # The only block that may be short goes last, so that division finds block and place of every document.
        members = np.concatenate([members[members != last], members[members == last]])
        count = len(members) * self.size - missing
        for start, stop in spans(count):
            block, place = np.divmod(permute(np.arange(start, stop), count, key), self.size)
            yield members[block] * self.size + place
