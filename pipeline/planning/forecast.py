"""A forecast: the rounds that a run's own director would make, counted and not written down.

Where a run has more rounds than are worth making, several are made as one: what a phase reads of a slice changes by
two sequences at most while shares hold or move in straight lines, and the end of an epoch stays within such a round.
Signals are taken to stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from pipeline.errors import UserError
from pipeline.planning.epoch_ends import EpochEnd, ends_in
from pipeline.recipe import Run
from pipeline.stream.director import Director, Signals, phase_at
from pipeline.stream.ledger import Record

MOST_ROUNDS = 4_000
"""Rounds that one forecast makes at most, or about so."""
MOST_SHARES = 200_000
"""Shares of slices that it works out at most: with many slices it makes fewer rounds."""
FEWEST_ROUNDS = 64
"""A phase is cut into so many rounds however many slices there are, unless it has fewer."""
MOST_ENDS = 12
"""Ends of epochs that are listed of each slice."""

Observer = Callable[[Record], None]
"""Is shown every round."""


@dataclass(frozen=True)
class Stop:
    """Where a run could not go on."""

    phase: int
    tokens: int
    reason: str


@dataclass
class PhaseForecast:
    """What the rounds of one phase hold."""

    tokens: int = 0
    steps: int = 0
    asked: dict[str, float] = field(default_factory=dict)
    """Tokens that the method asks of each slice."""
    read: dict[str, int] = field(default_factory=dict)
    """Tokens of each slice, in whole sequences."""


@dataclass
class Forecast:
    """What is to come of a run."""

    phases: list[PhaseForecast]
    ends: dict[str, list[EpochEnd]] = field(default_factory=dict)
    """The next ends of epochs of each slice, `MOST_ENDS` at most."""
    last: Record | None = None
    """The record that it ends with."""
    stop: Stop | None = None


def phase_steps(run: Run) -> list[int]:
    """Return the optimizer steps of each phase of a run that nobody amends."""
    per_step, done, steps = run.batch * run.sequence_length, 0, [0] * len(run.phases)
    while (phase := phase_at(run, done * per_step)) is not None:
        steps[phase[0]] += phase[1]
        done += phase[1]
    return steps


def count_rounds(run: Run) -> int:
    """Return the rounds, and with that the ledger's records, of a run that nobody amends."""
    return sum(-(-steps // run.round_steps) for steps in phase_steps(run))


def forecast(
    director: Director, begin: Record | None = None, signals: Signals | None = None, observers: Iterable[Observer] = ()
) -> Forecast:
    """Return what comes after a record, to the run's end or to where its method gives up."""
    result = Forecast([PhaseForecast() for _ in director.run.phases], last=begin)
    observers = tuple(observers)
    try:
        for record in _rounds(director, begin, signals or {}):
            _count(result, record, director)
            for observe in observers:
                observe(record)
            result.last = record
    except UserError as error:
        tokens = result.last.end_tokens if result.last else 0
        phase = phase_at(director.run, tokens)
        assert phase is not None, "a run that is complete asks nothing"
        result.stop = Stop(phase[0], tokens, str(error))
    return result


def _rounds(director: Director, begin: Record | None, signals: Signals) -> Iterator[Record]:
    """Yield the rounds to come; raise UserError where the run itself would stop, not where a joined round would."""
    joined = _joined(director)
    record, single = begin, 0
    while True:
        phase = phase_at(director.run, record.end_tokens if record else 0)
        if phase is None:
            return
        maker = director if single else joined[phase[0]]
        try:
            following = maker.next(record, signals)
        except UserError:
            if maker is director:
                raise
            single = -(-maker.run.round_steps // director.run.round_steps)
            continue
        assert following is not None, "a phase was left"
        single = max(0, single - 1)
        record = following
        yield record


def _joined(director: Director) -> list[Director]:
    """Return a director for each phase, whose rounds are so long that there are not too many of them."""
    run = director.run
    most = min(MOST_ROUNDS, MOST_SHARES // max(1, len(director.slices))) // len(run.phases)
    makers = []
    for phase in run.phases:
        steps = -(-round(phase.tokens / (run.batch * run.sequence_length)) // max(most, FEWEST_ROUNDS))
        longer = run.model_copy(update={"round_steps": steps})
        makers.append(replace(director, run=longer) if steps > run.round_steps else director)
    return makers


def _count(result: Forecast, record: Record, director: Director) -> None:
    phase = result.phases[record.phase]
    phase.tokens += record.sequences * record.sequence_length
    phase.steps += record.sequences // record.batch
    for name, share in record.asked.items():
        phase.asked[name] = phase.asked.get(name, 0.0) + share * record.sequences * record.sequence_length
    for name, count in record.given.items():
        phase.read[name] = phase.read.get(name, 0) + count * record.sequence_length
        # Most rounds end no epoch, and looking closer is what costs.
        if record.cursors[name][0] > (result.last.cursors.get(name, (0, 0))[0] if result.last else 0):
            known = result.ends.setdefault(name, [])
            known += ends_in(record, director.strings, name, MOST_ENDS - len(known))
