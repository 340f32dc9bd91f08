"""Warm-up, then constant: what Llama-3-SynE trains with (1e-7 to 1e-5 over 10B tokens, no decay)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from curricula.schedule import START, Before, Schedule
from curricula.settings import Tokens
from curricula.stretches import rise


class WarmupConstant(Schedule):
    """Linear warm-up, then constant."""

    kind: Literal["warmup_constant"] = "warmup_constant"
    peak: float = Field(gt=0)
    """Value after the warm-up."""
    start: float = Field(default=0.0, ge=0)
    """Value at the first token."""
    warmup: Tokens = 0
    """Length of the warm-up in tokens."""

    def value(self, tokens: int, total: int, before: Before = START) -> float:
        """Rise linearly from start to peak, then stay."""
        return rise(self.start, self.peak, tokens, self.warmup)

    def corners(self, total: int, before: Before = START) -> tuple[int, ...]:
        """Return the end of the warm-up."""
        return (self.warmup,)
