"""Warm-up, stable, decay (WSD) with the 1 - sqrt tail that YuLan-Mini found best (2412.17743, section 2.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from curricula.schedule import START, Before, Schedule
from curricula.settings import Share, Tokens
from curricula.stretches import Shape, fall, floor_problem, rise


class WarmupStableDecay(Schedule):
    """Linear warm-up, constant, then a fall over the last tokens."""

    kind: Literal["wsd"] = "wsd"
    peak: float = Field(gt=0)
    """Value between warm-up and decay."""
    start: float = Field(default=0.0, ge=0)
    """Value at the first token."""
    warmup: Tokens = 0
    """Length of the warm-up in tokens."""
    decay_share: Share = 0.08
    """The last share of the run's tokens, in which the value decays."""
    shape: Shape = "one_minus_sqrt"
    """How it decays."""
    floor: float = Field(default=0.0, ge=0)
    """Value after the last token."""

    @model_validator(mode="after")
    def _possible(self) -> WarmupStableDecay:
        if problem := floor_problem(self.shape, self.floor, self.peak):
            raise ValueError(problem)
        return self

    def value(self, tokens: int, total: int, before: Before = START) -> float:
        """Rise, stay, then fall over the last ``decay_share`` of the total."""
        decay = round(total * self.decay_share)
        into = tokens - (total - decay)
        if decay and into > 0:
            return fall(self.shape, self.peak, self.floor, into, decay)
        return rise(self.start, self.peak, tokens, self.warmup)

    def corners(self, total: int, before: Before = START) -> tuple[int, ...]:
        """Return the end of the warm-up and the beginning of the decay."""
        return self.warmup, total - round(total * self.decay_share)

    def problems(self, total: int) -> Iterator[str]:
        """Yield that the decay would begin before the peak is reached."""
        stable = total - round(total * self.decay_share)
        if self.warmup > stable:
            yield f"warms up for {self.warmup:,} tokens, and the decay begins after {stable:,} of {total:,}"
