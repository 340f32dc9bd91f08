"""Best fit: items of given lengths into bins of one capacity, the longest first, each where it leaves least room.

Best-fit decreasing as in "Fewer Truncations Improve Language Modeling" (2404.10830, section 2.2). Items of one length
are alike, so bins with the same room are handled together: the loop runs over distinct lengths, not over items.
"""

from __future__ import annotations

from bisect import bisect_left, insort

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


class _Room:
    """Bins by the room that is left in them."""

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._bins: dict[int, list[Integers]] = {}

    def put(self, room: int, bins: Integers) -> None:
        if room and len(bins):
            if room not in self._bins:
                insort(self._sizes, room)
                self._bins[room] = []
            self._bins[room].append(bins)

    def take(self, length: int) -> tuple[int, Integers] | None:
        """Return the least room that holds the length and some bins that have it, which are then no longer here."""
        at = bisect_left(self._sizes, length)
        if at == len(self._sizes):
            return None
        room = self._sizes[at]
        bins = self._bins[room].pop()
        if not self._bins[room]:
            del self._bins[room], self._sizes[at]
        return room, bins


def best_fit(lengths: Integers, capacity: int) -> Integers:
    """Return the bin of every item (int64, bins counted from 0, none empty); every length is 1 to ``capacity``."""
    bin_of = np.empty(len(lengths), dtype=np.int64)
    falling = np.argsort(-lengths, kind="stable")
    values, counts = np.unique(lengths, return_counts=True)
    ends = np.cumsum(counts[::-1]).tolist()
    room, opened = _Room(), 0
    for length, count, end in zip(values[::-1].tolist(), counts[::-1].tolist(), ends, strict=True):
        items = falling[end - count : end]
        while len(items):
            found = room.take(length)
            if found is None:
                needed = -(-len(items) // (capacity // length))
                found = capacity, np.arange(opened, opened + needed)
                opened += needed
            items = _fill(items, length, *found, bin_of, room)
    return bin_of


def _fill(items: Integers, length: int, left: int, bins: Integers, bin_of: Integers, room: _Room) -> Integers:
    """Put items into bins that have ``left`` room each, as many a bin as it holds; return the items left over."""
    each = left // length
    full = min(len(bins), len(items) // each)
    bin_of[items[: full * each]] = np.repeat(bins[:full], each)
    room.put(left - each * length, bins[:full])
    items, bins = items[full * each :], bins[full:]
    if len(items) and len(bins):
        bin_of[items] = bins[0]
        room.put(left - len(items) * length, bins[:1])
        items, bins = items[:0], bins[1:]
    room.put(left, bins)
    return items
