"""An order: in what sequence the documents of a slice are read.

An order yields document rows in chunks, so that a slice of any size passes through in constant memory. It gets
a key derived from (seed, slice name, epoch); nothing else may make two epochs differ.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from curricula.settings import Settings

CHUNK = 1 << 20
"""Most rows an order yields at a time."""

Rows = npt.NDArray[np.int64]
Signal = npt.NDArray[np.float64]
"""One value a document; NaN where a document has none."""
Lengths = npt.NDArray[np.integer]
"""Tokens of each document."""
Path = tuple[str, ...]
"""Where a value stands inside an order's settings: ``("of", "signal")``."""


class Parts(Protocol):
    """The rows of an order in parts, any of which can be had without the others."""

    def __len__(self) -> int:
        """Return the number of parts; none is empty, but that of no rows at all."""

    def rows(self, number: int) -> Rows:
        """Return the rows of a part, in reading order."""

    def part_of(self, row: int) -> int:
        """Return the number of the part that holds a row."""

    def edges(self, tokens: Lengths) -> Rows:
        """Return where each part begins and the last one ends, in tokens (parts + 1)."""


class Order(Settings, ABC):
    """A sequence of a slice's documents."""

    def mentions(self) -> dict[Path, str]:
        """Return the label column the order sorts by under the path of the field that names it; at most one."""
        return {}

    @property
    def needs(self) -> str | None:
        """The label column the order sorts by, or None."""
        return next(iter(self.mentions().values()), None)

    @abstractmethod
    def rows(self, size: int, signal: Signal | None, key: int, tokens: Lengths | None = None) -> Iterator[Rows]:
        """Yield every number in ``range(size)`` exactly once, in chunks of 1 to ``CHUNK``.

        ``signal`` holds one value a document, or is None where ``needs`` is None. ``tokens`` holds the length of
        each document; only orders that count tokens read it, and those cannot do without.
        """

    def parts(self, size: int, key: int) -> Parts | None:
        """Return what gives any part of the order that ``rows`` yields, or None where it must be read from its start.

        Nothing that is known only from a signal or from lengths may decide it.
        """
        return None


def spans(size: int) -> Iterator[tuple[int, int]]:
    """Yield (start, stop) of the chunks of ``range(size)``."""
    for start in range(0, size, CHUNK):
        yield start, min(size, start + CHUNK)


def chunks(rows: Rows) -> Iterator[Rows]:
    """Yield rows that are all in memory, chunk by chunk."""
    for start, stop in spans(len(rows)):
        yield rows[start:stop]
