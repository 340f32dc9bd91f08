"""The mixture over time, read from a run's ledger: what was asked and what was given, in stretches of rounds.

Rounds are added up while they are read, so a ledger of any length needs memory for a few hundred stretches only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.recipe import Phase
from pipeline.stream.ledger import Ledger, Record

STRETCHES = 240
"""Most stretches that a figure shows."""


@dataclass
class Stretch:
    """Consecutive rounds of one phase, in tokens."""

    segment: int
    """Amendments before it."""
    phase: int
    begin: int
    end: int
    asked: dict[str, float] = field(default_factory=dict)
    """Tokens that the shares asked for, by slice."""
    given: dict[str, int] = field(default_factory=dict)
    """Tokens in whole sequences, by slice."""
    rounds: int = 0

    @property
    def tokens(self) -> int:
        """Length."""
        return self.end - self.begin

    def add(self, record: Record) -> None:
        """Take one more round in."""
        self.rounds += 1
        self.end += record.sequences * record.sequence_length
        for name, share in record.asked.items():
            self.asked[name] = self.asked.get(name, 0.0) + share * record.sequences * record.sequence_length
        for name, sequences in record.given.items():
            self.given[name] = self.given.get(name, 0) + sequences * record.sequence_length


@dataclass(frozen=True)
class PhaseMixture:
    """A phase of the run as a whole."""

    name: str
    whole: Stretch


@dataclass(frozen=True)
class Mixture:
    """What a run read."""

    stretches: tuple[Stretch, ...]
    phases: tuple[PhaseMixture, ...]
    given: Mapping[str, int]
    """Tokens of each slice over the whole run."""

    @property
    def tokens(self) -> int:
        """Tokens of the whole run."""
        return self.stretches[-1].end if self.stretches else 0

    @property
    def slices(self) -> list[str]:
        """Slices that were asked for, largest part first."""
        return sorted(self.given, key=lambda name: (-self.given[name], name))


def read_mixture(ledger: Ledger, phases: Sequence[Sequence[Phase]]) -> Mixture:
    """Add up a ledger's rounds. ``phases`` are those of each segment of the run."""
    last = ledger.last()
    per_stretch = 1 + (last.round if last else 0) // STRETCHES
    stretches: list[Stretch] = []
    wholes: list[Stretch] = []
    given: dict[str, int] = {}
    for record in ledger:
        for growing, full in ((stretches, per_stretch), (wholes, None)):
            here = (record.segment, record.phase)
            if not growing or (growing[-1].segment, growing[-1].phase) != here or growing[-1].rounds == full:
                begin = growing[-1].end if growing else 0
                growing.append(Stretch(record.segment, record.phase, begin, begin))
            growing[-1].add(record)
        for name in {*record.asked, *record.given}:
            given[name] = given.get(name, 0) + record.given.get(name, 0) * record.sequence_length
    named = tuple(PhaseMixture(phases[whole.segment][whole.phase].name, whole) for whole in wholes)
    return Mixture(tuple(stretches), named, given)
