"""An order: in what sequence the documents of a slice are read.

An order yields document rows in chunks, so that a slice of any size passes through in constant memory. It gets
a key derived from (seed, slice name, epoch); nothing else may make two epochs differ.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from curricula.settings import Settings

CHUNK = 1 << 20
"""Most rows an order yields at a time."""

Rows = npt.NDArray[np.int64]


class Order(Settings, ABC):
    """A sequence of a slice's documents."""

    @property
    def needs(self) -> str | None:
        """The label column the order sorts by, or None."""
        return None

    @abstractmethod
    def rows(self, size: int, signal: npt.NDArray[np.float64] | None, key: int) -> Iterator[Rows]:
        """Yield every number in ``range(size)`` exactly once, in chunks of at most ``CHUNK``.

        ``signal`` holds one value a document, or is None where ``needs`` is None.
        """
