"""Learning rates of a run: its schedules, one a segment, each told where the run stood when it came to hold.

An amendment that leaves the schedule as it is does not begin it anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from curricula.schedule import START, Before
from pipeline.errors import UserError
from pipeline.recipe import Run
from pipeline.stream.ledger import Ledger, Record
from pipeline.stream.open_run import OpenRun
from pipeline.stream.segment import run_of


@dataclass
class LearningRates:
    """Answers for one run's folder; it remembers one segment, the one that was asked about last."""

    folder: Path
    ledger: Ledger
    _known: tuple[int, Run, Before] | None = field(default=None, init=False)

    def value(self, record: Record, tokens: int) -> float:
        """Return the rate after ``tokens`` training tokens, which lie in the round of a record."""
        if self._known is None or self._known[0] != record.segment:
            self._known = (record.segment, run_of(self.folder, record.segment), self.before(record))
        _, run, before = self._known
        try:
            return run.learning_rate.value(tokens, run.tokens, before)
        except ValueError as error:
            raise UserError(f"runs.{self.folder.with_suffix('').name}.learning_rate: {error}") from error

    def before(self, record: Record) -> Before:
        """Return where the run stood when the schedule of a round's segment came to hold."""
        held = [(index, begin) for index in range(record.segment) if (begin := self.ledger.first_of(index))]
        # A new round may not be in this process's view of the ledger yet.
        held.append((record.segment, self.ledger.first_of(record.segment) or record))
        schedule = run_of(self.folder, record.segment).learning_rate
        same = len(held) - 1
        while same and run_of(self.folder, held[same - 1][0]).learning_rate == schedule:
            same -= 1
        if not same:
            return START
        begin, previous = held[same][1], held[same - 1]
        earlier = run_of(self.folder, previous[0])
        value = earlier.learning_rate.value(begin.tokens, earlier.tokens, self.before(previous[1]))
        return Before(begin.tokens, value)


def before_of(opened: OpenRun) -> Before:
    """Return where a run stood, or stands, when its newest schedule came to hold."""
    last, newest = opened.ledger.last(), opened.segments[-1].index
    if last is None:
        return START
    if last.segment < newest:
        last = replace(last, segment=newest, tokens=last.end_tokens)
    return LearningRates(opened.folder, opened.ledger).before(last)
