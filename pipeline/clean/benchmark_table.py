"""A table of n-grams of benchmarks: which of a million hashes are among them, and with which entries.

A hash is looked up first in a table of bits, which turns away nearly all, then among the sorted hashes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.clean.benchmark_index import Grams
from pipeline.clean.unit_hashes import Hashes

_EMPTIER = 16
"""Entries of the table of bits for each n-gram."""
_MOST_BITS = 25
"""Logarithm of the largest table: 32 MB."""


class Table:
    """Grams that can be looked up a million at a time."""

    def __init__(self, grams: Grams) -> None:
        self.grams = grams
        bits = min(_MOST_BITS, max(8, (_EMPTIER * len(grams.hashes)).bit_length()))
        self._shift = np.uint64(64 - bits)
        self._filled = np.zeros(1 << bits, bool)
        self._filled[grams.hashes >> self._shift] = True

    def places(self, hashes: Hashes) -> npt.NDArray[np.int64]:
        """Return where among these hashes some may be found that are in the table."""
        places = np.flatnonzero(self._filled[hashes >> self._shift])
        if not len(places):
            return places
        found = np.minimum(np.searchsorted(self.grams.hashes, hashes[places]), len(self.grams.hashes) - 1)
        return places[self.grams.hashes[found] == hashes[places]]

    def entries(self, value: np.uint64) -> range:
        """Return the entries with this hash."""
        return range(*(int(np.searchsorted(self.grams.hashes, value, side)) for side in ("left", "right")))
