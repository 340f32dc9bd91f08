"""A schedule: a number that depends on how many tokens have been trained on.

Learning rates are the main use. A schedule owns no state: tokens, and for a run that was amended to it what it took
over, are all that resuming needs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from curricula.settings import Settings


@dataclass(frozen=True)
class Before:
    """What came before a schedule: nothing, or in a run that was amended to it the schedule that held until then."""

    tokens: int = 0
    """Tokens that were trained before this schedule came to hold."""
    value: float | None = None
    """What the schedule before had come to; None where the run began with this one."""


START = Before()


class Schedule(Settings, ABC):
    """A number as a function of tokens."""

    @abstractmethod
    def value(self, tokens: int, total: int, before: Before = START) -> float:
        """Return the value after ``tokens`` of the run's ``total`` tokens, both counted from the run's beginning."""

    @abstractmethod
    def corners(self, total: int, before: Before = START) -> tuple[int, ...]:
        """Return the tokens at which one stretch ends and the next begins, ascending, the run's ends left out."""

    def problems(self, total: int) -> Iterator[str]:
        """Yield why the stretches do not fit into a run of ``total`` tokens."""
        return iter(())

    def between(self, total: int, before: Before = START) -> tuple[int, ...]:
        """Return the corners that lie inside the run, its two ends around them."""
        inside = {corner for corner in self.corners(total, before) if before.tokens < corner < total}
        return tuple(sorted({before.tokens, *inside, total}))
