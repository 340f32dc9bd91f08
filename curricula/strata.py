"""Strata: a shuffle of any size that gives any part of itself without the parts before it.

Rows lie in a table, ``columns`` neighbours to a line. Every line is turned round by a random distance of its own, the
columns are shuffled, and a part is some columns, read in keyed random order. So each part holds rows from all over the
corpus, evenly, and how many tokens each part has takes one pass over the lengths in the order in which they lie.
The shuffle is fresh for every key. Unlike a uniform one it spreads every line evenly over the epoch: each part has
``width`` rows of it. A slice of no more rows than a part has is shuffled as a whole.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from curricula.order import Lengths, Rows
from curricula.permutation import derive, hashes, permute, shuffled

PART = 1 << 13
"""About how many rows a part has: fewer waste calls, more cost memory in every slice that is being read."""
HELD = 1 << 20
"""Up to this many columns their order is held in memory (8,192 times as many rows); beyond, it is computed."""
_PASS = 1 << 16
"""About how many lengths are added up at a time."""


class Strata:
    """A keyed shuffle of ``range(size)`` in parts."""

    def __init__(self, size: int, key: int) -> None:
        self.size, self.key = size, key
        self.lines = max(1, min(PART, -(-size // PART)))
        self.columns = -(-size // self.lines)
        """Rows a line; the last lines may be short, or empty."""
        self.width = max(1, PART // self.lines)
        """Columns a part; the last part may be narrower."""

    def __len__(self) -> int:
        """Return the number of parts; none is empty."""
        return -(-self.columns // self.width)

    def rows(self, number: int) -> Rows:
        """Return the rows of a part, in reading order (int64)."""
        if len(self) == 1:
            return shuffled(np.arange(self.size), self.key)
        begin = number * self.width
        columns = self._columns(begin, min(begin + self.width, self.columns))
        rows = columns - self._turns[:, None]
        rows += (rows >> 63) & self.columns
        rows += self._starts[:, None]
        flat = rows.reshape(-1)
        if self.lines * self.columns != self.size:
            flat = flat[flat < self.size]
        return shuffled(flat, derive(self.key, 2 + number))

    def part_of(self, row: int) -> int:
        """Return the number of the part that holds a row."""
        if len(self) == 1:
            return 0
        line, place = divmod(row, self.columns)
        column = (place + int(self._turns[line])) % self.columns
        for begin in range(0, self.columns, HELD):
            found = np.flatnonzero(self._columns(begin, min(begin + HELD, self.columns)) == column)
            if len(found):
                return (begin + int(found[0])) // self.width
        raise ValueError(f"row {row} is not below {self.size}")

    def edges(self, tokens: Lengths) -> Rows:
        """Return where each part begins and the last one ends, in tokens (int64, parts + 1), in one pass."""
        if len(self) <= 1:
            return np.array([0, tokens.sum(dtype=np.int64)][: len(self) + 1])
        totals = np.zeros(self.columns, dtype=np.int64)
        together = max(1, _PASS // self.columns)
        turns = self._turns.tolist()
        for line in range(0, self.lines, together):
            block = np.ascontiguousarray(tokens[line * self.columns : (line + together) * self.columns], dtype=np.int64)
            for offset in range(0, len(block), self.columns):
                _add_turned(totals, block[offset : offset + self.columns], turns[line + offset // self.columns])
        edges = np.zeros(len(self) + 1, dtype=np.int64)
        for begin in range(0, self.columns, HELD - HELD % self.width):
            end = min(begin + HELD - HELD % self.width, self.columns)
            ordered = totals[self._columns(begin, end)]
            first = begin // self.width
            sums = np.add.reduceat(ordered, np.arange(0, end - begin, self.width))
            edges[1 + first : 1 + first + len(sums)] = sums
        return np.cumsum(edges, out=edges)

    @cached_property
    def _turns(self) -> Rows:
        """By how many columns each line is turned to the right."""
        return (hashes(self.lines, derive(self.key, 0)) % np.uint64(self.columns)).astype(np.int64)

    @cached_property
    def _starts(self) -> Rows:
        return np.arange(self.lines, dtype=np.int64) * self.columns

    @cached_property
    def _held(self) -> Rows:
        return shuffled(np.arange(self.columns), derive(self.key, 1))

    def _columns(self, begin: int, end: int) -> Rows:
        """Return the columns at places ``begin`` ... ``end - 1``."""
        if self.columns <= HELD:
            return self._held[begin:end]
        return permute(np.arange(begin, end), self.columns, derive(self.key, 1))


def _add_turned(totals: Rows, line: Rows, turn: int) -> None:
    """Add a line to the totals of its columns; a line may be shorter than there are columns."""
    before = min(len(line), len(totals) - turn)
    right, left = totals[turn : turn + before], totals[: len(line) - before]
    np.add(right, line[:before], out=right)
    np.add(left, line[before:], out=left)
