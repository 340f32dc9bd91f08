"""Cosine: warm-up, then half a cosine down to the run's last token (Loshchilov and Hutter, 1608.03983)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from curricula.schedule import START, Before, Schedule
from curricula.settings import Tokens
from curricula.stretches import fall, floor_problem, rise


class Cosine(Schedule):
    """Linear warm-up, then half a cosine over all that is left."""

    kind: Literal["cosine"] = "cosine"
    peak: float = Field(gt=0)
    """Value after the warm-up."""
    start: float = Field(default=0.0, ge=0)
    """Value at the first token."""
    warmup: Tokens = 0
    """Length of the warm-up in tokens."""
    floor: float = Field(default=0.0, ge=0)
    """Value after the last token; a tenth of the peak is usual."""

    @model_validator(mode="after")
    def _possible(self) -> Cosine:
        if problem := floor_problem("cosine", self.floor, self.peak):
            raise ValueError(problem)
        return self

    def value(self, tokens: int, total: int, before: Before = START) -> float:
        """Rise, then fall as floor + (peak - floor) (1 + cos(pi x)) / 2, where x goes from 0 to 1."""
        if tokens <= self.warmup:
            return rise(self.start, self.peak, tokens, self.warmup)
        return fall("cosine", self.peak, self.floor, tokens - self.warmup, total - self.warmup)

    def corners(self, total: int, before: Before = START) -> tuple[int, ...]:
        """Return the end of the warm-up."""
        return (self.warmup,)

    def problems(self, total: int) -> Iterator[str]:
        """Yield that the run ends before the peak is reached."""
        if self.warmup >= total:
            yield f"warms up for {self.warmup:,} tokens, and the run has {total:,}"
