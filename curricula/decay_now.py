"""Decay now: fall from wherever the run stands. It is what a run is amended to when its model is wanted early.

    headwater amend RUN annealed.yaml --reason "release"     # learning_rate: {kind: decay_now}

The fall begins at the round from which the amendment holds. Later amendments that leave ``learning_rate`` as it is
leave the fall as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from curricula.schedule import START, Before, Schedule
from curricula.settings import Tokens
from curricula.stretches import Shape, fall, floor_problem


class DecayNow(Schedule):
    """A fall from the value before, over all tokens that are left or over a stated number, then the floor."""

    kind: Literal["decay_now"] = "decay_now"
    tokens: Tokens | None = Field(default=None, gt=0)
    """Length of the fall; left out: to the end of the run, which the amendment's phases may bring nearer."""
    shape: Shape = "one_minus_sqrt"
    """How it falls."""
    floor: float = Field(default=0.0, ge=0)
    """Value at its end."""
    start: float | None = Field(default=None, gt=0)
    """Value at the first token of a run that begins with the fall, such as the annealing of an earlier run; a run that
    is amended to it falls from where it is."""

    @model_validator(mode="after")
    def _possible(self) -> DecayNow:
        if problem := floor_problem(self.shape, self.floor, self.start or float("inf"), "start"):
            raise ValueError(problem)
        return self

    def value(self, tokens: int, total: int, before: Before = START) -> float:
        """Return the value; ValueError where nothing says from where it falls."""
        high = self.start if before.value is None else before.value
        if high is None:
            raise ValueError(
                "decay_now falls from where an amendment finds a run; a run that begins with it needs start"
            )
        length = total - before.tokens if self.tokens is None else self.tokens
        return fall(self.shape, high, min(self.floor, high), tokens - before.tokens, length)

    def corners(self, total: int, before: Before = START) -> tuple[int, ...]:
        """Return the end of the fall."""
        return () if self.tokens is None else (before.tokens + self.tokens,)

    def problems(self, total: int) -> Iterator[str]:
        """Yield that the run is shorter than the fall."""
        if self.tokens is not None and self.tokens > total:
            yield f"falls for {self.tokens:,} tokens, and the run has {total:,}"
