"""Infinite: warm-up, cool-down, a constant that can go on for ever, and an anneal at the end (2403.08763, section 7).

Text that arrives later is trained on at the constant rate, without warming up again, which is what makes a model
forget; only a model that is to be used is annealed. Nothing but the anneal depends on how long the run is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from curricula.schedule import START, Before, Schedule
from curricula.settings import Share, Tokens
from curricula.stretches import Shape, fall, floor_problem, rise


class Infinite(Schedule):
    """Linear warm-up to the peak, a fall to the constant, the constant, and a fall to the floor."""

    kind: Literal["infinite"] = "infinite"
    peak: float = Field(gt=0)
    """Value after the warm-up."""
    constant: float = Field(gt=0)
    """Value after the cool-down."""
    start: float = Field(default=0.0, ge=0)
    """Value at the first token."""
    warmup: Tokens = 0
    """Length of the warm-up in tokens."""
    cooldown: Tokens
    """Length of the cool-down in tokens."""
    cooldown_shape: Shape = "cosine"
    """How it cools down."""
    anneal_share: Share = 0.0
    """The last share of the run's tokens, in which it anneals; 0 leaves it at the constant, to go on later."""
    anneal_shape: Shape = "exponential"
    """How it anneals."""
    floor: float = Field(default=0.0, ge=0)
    """Value after the anneal; an exponential one needs it above 0."""

    @model_validator(mode="after")
    def _possible(self) -> Infinite:
        if self.constant > self.peak:
            raise ValueError(f"constant {self.constant:g} is above peak {self.peak:g}")
        if self.anneal_share and (problem := floor_problem(self.anneal_shape, self.floor, self.constant, "constant")):
            raise ValueError(problem)
        return self

    def value(self, tokens: int, total: int, before: Before = START) -> float:
        """Return the value of the stretch that the token lies in."""
        anneal = round(total * self.anneal_share)
        if anneal and tokens > total - anneal:
            return fall(self.anneal_shape, self.constant, self.floor, tokens - (total - anneal), anneal)
        if tokens <= self.warmup:
            return rise(self.start, self.peak, tokens, self.warmup)
        return fall(self.cooldown_shape, self.peak, self.constant, tokens - self.warmup, self.cooldown)

    def corners(self, total: int, before: Before = START) -> tuple[int, ...]:
        """Return the ends of warm-up, cool-down and constant."""
        return self.warmup, self.warmup + self.cooldown, total - round(total * self.anneal_share)

    def problems(self, total: int) -> Iterator[str]:
        """Yield that the anneal would begin before the constant is reached."""
        constant, anneal = self.warmup + self.cooldown, total - round(total * self.anneal_share)
        if constant > anneal:
            yield (
                f"warms up and cools down for {constant:,} tokens, and the constant stretch ends after {anneal:,} of "
                f"{total:,}"
            )
