"""Order rules: which order holds in which epoch of each slice, over all segments of a run.

An amended order holds from the first epoch of which nothing has been read yet, not even as a label: inside an epoch
nothing may be skipped or seen twice. Where that epoch lies follows from the ledger; it is written down nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from curricula.orders import AnyOrder
from pipeline.recipe import Run
from pipeline.stream.ledger import Cursor, Record
from pipeline.stream.slice_table import SliceFile


@dataclass(frozen=True)
class OrderRule:
    """An order and the slice with the signal that it sorts by; they hold from an epoch on."""

    first_epoch: int
    order: AnyOrder
    piece: SliceFile


@dataclass
class OrderRules:
    """The rules of each slice, in the order of the amendments."""

    rules: dict[str, list[OrderRule]] = field(default_factory=dict)

    def add(self, run: Run, slices: Mapping[str, SliceFile], before: Mapping[str, Cursor]) -> None:
        """Let a segment's orders hold; ``before`` is where each slice stood when it began."""
        for name, piece in slices.items():
            epoch, offset = before.get(name, (0, 0))
            first = epoch + 1 if epoch or offset else 0
            self.rules.setdefault(name, []).append(OrderRule(first, run.order_of(piece.source), piece))

    def at(self, name: str, epoch: int) -> OrderRule:
        """Return the rule of a slice in an epoch."""
        return next(rule for rule in reversed(self.rules[name]) if rule.first_epoch <= epoch)


def cursors_before(record: Record, slices: Mapping[str, SliceFile]) -> dict[str, Cursor]:
    """Return where every slice stood before a round."""
    before = dict(record.cursors)
    for name, count in record.given.items():
        (epoch, offset), size = record.cursors[name], slices[name].tokens
        before[name] = divmod(epoch * size + offset - count * record.sequence_length, size)
    return before
