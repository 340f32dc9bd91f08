"""Placements: where every sequence of a round starts, worked out from its record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pipeline.stream.apportion import spread
from pipeline.stream.ledger import Record
from pipeline.stream.strings import Strings

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sequence:
    """Where one sequence comes from."""

    position: int
    slice: str
    epoch: int
    offset: int
    """Tokens into the slice's string of that epoch."""
    length: int


@dataclass(frozen=True)
class Placements:
    """The sequences of one round as columns, in order of position."""

    positions: Integers
    length: int
    """Tokens a sequence."""
    names: tuple[str, ...]
    """Slices of the round."""
    which: Integers
    """Index in ``names`` of each sequence's slice."""
    begins: Integers
    """Where each sequence starts, in tokens since its slice's first epoch began."""

    def take(self, chosen: slice) -> Placements:
        """Return some of the sequences."""
        return replace(self, positions=self.positions[chosen], which=self.which[chosen], begins=self.begins[chosen])


def placements(record: Record, strings: Strings) -> Placements:
    """Return where every sequence of a round starts."""
    names = tuple(sorted(record.given))
    which, nth = spread(np.array([record.given[name] for name in names], dtype=np.int64))
    first = np.array([strings.before(record, name) for name in names], dtype=np.int64)
    begins = first[which] + nth * record.sequence_length
    positions = np.arange(record.position, record.end)
    return Placements(positions, record.sequence_length, names, which, begins)


def places(record: Record, strings: Strings) -> Iterator[Sequence]:
    """Yield every sequence of a round, in order."""
    placed = placements(record, strings)
    for index in range(len(placed.which)):
        yield sequence_at(placed, index, strings)


def sequence_at(placed: Placements, index: int, strings: Strings) -> Sequence:
    """Return one of the sequences."""
    name = placed.names[int(placed.which[index])]
    epoch, offset = strings.locate(name, int(placed.begins[index]))
    return Sequence(int(placed.positions[index]), name, epoch, offset, placed.length)
