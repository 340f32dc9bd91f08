"""The end of an epoch: after how many tokens of a run a slice has been read to its end once more.

Worked out from a round's counts alone, by the rule that spreads the sequences of a round, without placing them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.stream.ledger import Record
from pipeline.stream.strings import Strings


@dataclass(frozen=True)
class EpochEnd:
    """Where a slice has been read to its end."""

    epoch: int
    """1 for the first."""
    tokens: int
    """Tokens of the run after the sequence that holds the epoch's last token."""
    phase: int


def ends_in(record: Record, strings: Strings, name: str, most: int) -> list[EpochEnd]:
    """Return where epochs of a slice end in a round that reads from it, the first ``most`` of them."""
    begin = strings.before(record, name)
    epoch, _ = strings.locate(name, begin)
    ends = []
    for number in range(epoch + 1, min(record.cursors[name][0], epoch + most) + 1):
        needed = strings.absolute(name, (number, 0)) - begin
        nth = -(-needed // record.sequence_length) - 1
        sequences = place_in_round(record.given, name, nth) + 1
        ends.append(EpochEnd(number, record.tokens + sequences * record.sequence_length, record.phase))
    return ends


def place_in_round(given: Mapping[str, int], name: str, nth: int) -> int:
    """Return which sequence of its round the ``nth`` one of a slice is; both count from 0.

    Each of a slice's ``c`` sequences has its place at ``(2 * nth + 1) / (2 * c)`` of the round; of equal places the
    slice that comes first by name is read first (`pipeline.stream.apportion.spread`).
    """
    mine = given[name]
    counts = np.fromiter(given.values(), dtype=np.int64, count=len(given))
    first = np.fromiter((other < name for other in given), dtype=bool, count=len(given))
    distance = (2 * nth + 1) * counts - mine
    # Sequences of each slice before this one: those at smaller places, and at equal ones where the slice is first.
    earlier = np.where(first, distance // (2 * mine) + 1, -(-distance // (2 * mine)))
    return int(np.clip(earlier, 0, counts).sum())
