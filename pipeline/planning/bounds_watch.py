"""Watches of bounds: which slices reach a repetition cap, and where a replay floor is broken by what stands outside it.

Each is shown the rounds of a forecast, one after the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from mixtures.base import Groups, Method, sources_in
from mixtures.repetition_cap import RepetitionCap
from mixtures.replay_floor import ReplayFloor
from mixtures.wrapper import Wrapper
from pipeline.planning.supply import Supply, weighable
from pipeline.recipe import Run
from pipeline.stream.ledger import Record
from pipeline.stream.strings import Strings

TOLERANCE = 1e-6
"""Shares closer than this are the same."""


def layers(method: Method) -> Iterator[Method]:
    """Yield a method and everything inside it, from the outside."""
    yield method
    while isinstance(method, Wrapper):
        method = method.of
        yield method


@dataclass(frozen=True)
class CapReached:
    """A slice or source of which a cap leaves less than one sequence."""

    name: str
    epochs: float
    phase: int
    tokens: int
    """Tokens of the run at the end of the round that brought it there."""


@dataclass
class CapWatch:
    """Finds what reaches a repetition cap, and where."""

    run: Run
    pieces: Supply
    strings: Strings | None = None
    """Where slices stand, of a run that has begun; without, documents are taken to be read end to end."""
    reached: dict[tuple[str, float], CapReached] = field(default_factory=dict)
    _allowed: list[list[tuple[str, float, tuple[str, ...], float]]] = field(init=False)

    def __post_init__(self) -> None:
        self._allowed = [list(self._of_phase(phase.mixture)) for phase in self.run.phases]

    def _of_phase(self, mixture: Method) -> Iterator[tuple[str, float, tuple[str, ...], float]]:
        unknown = {piece.source for piece in self.pieces.values() if piece.tokens is None}
        for cap in (layer for layer in layers(mixture) if isinstance(layer, RepetitionCap)):
            for name, mine in cap.counted(weighable(self.pieces)).items():
                if mine[0].source not in unknown and (tokens := sum(p.tokens for p in mine)):
                    yield name, cap.epochs, tuple(p.name for p in mine), cap.epochs * tokens

    def __call__(self, record: Record) -> None:
        """Look at one round."""
        for name, epochs, names, allowed in self._allowed[record.phase]:
            if (name, epochs) in self.reached or not any(n in record.given for n in names):
                continue
            read = sum(self._read(record, n) for n in names)
            if allowed - read < record.sequence_length:
                self.reached[name, epochs] = CapReached(name, epochs, record.phase, record.end_tokens)

    def _read(self, record: Record, name: str) -> float:
        """Return the tokens of documents that have been read, without padding."""
        tokens = self.pieces[name].tokens or 0
        cursor = epoch, offset = record.cursors.get(name, (0, 0))
        return self.strings.epochs(name, cursor) * tokens if self.strings else epoch * tokens + offset


@dataclass(frozen=True)
class FloorBroken:
    """A replay floor that a phase does not keep."""

    sources: tuple[str, ...]
    floor: float
    share: float
    """The least that any round of the phase asks of these sources."""
    phase: int


@dataclass
class FloorWatch:
    """Finds replay floors that do not hold, because something stands outside of them."""

    groups: Groups
    run: Run
    pieces: Supply
    broken: dict[tuple[int, tuple[str, ...]], FloorBroken] = field(default_factory=dict)

    def __call__(self, record: Record) -> None:
        """Look at one round."""
        for floor in layers(self.run.phases[record.phase].mixture):
            if isinstance(floor, ReplayFloor):
                old = sources_in(floor.sources, self.groups)
                share = math.fsum(part for name, part in record.asked.items() if self.pieces[name].source in old)
                known = self.broken.get((record.phase, floor.sources))
                if share < min(floor.share - TOLERANCE, known.share if known else 1.0):
                    found = FloorBroken(floor.sources, floor.share, share, record.phase)
                    self.broken[record.phase, floor.sources] = found
