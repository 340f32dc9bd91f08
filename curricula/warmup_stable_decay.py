"""Warm-up, stable, decay (WSD) with the 1 - sqrt tail that YuLan-Mini found best (2412.17743, section 2.3)."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field, model_validator

from curricula.schedule import Schedule
from curricula.settings import Share, Tokens


class WarmupStableDecay(Schedule):
    """Linear warm-up, constant, then 1 - sqrt decay over the last tokens."""

    kind: Literal["wsd"] = "wsd"
    peak: float = Field(gt=0)
    """Value between warm-up and decay."""
    start: float = Field(default=0.0, ge=0)
    """Value at the first token."""
    warmup: Tokens = 0
    """Length of the warm-up in tokens."""
    decay_share: Share = 0.08
    """The last share of the run's tokens, in which the value decays."""
    floor: float = Field(default=0.0, ge=0)
    """Value after the last token."""

    @model_validator(mode="after")
    def _floor_below_peak(self) -> WarmupStableDecay:
        if self.floor > self.peak:
            raise ValueError(f"floor {self.floor:g} is above peak {self.peak:g}")
        return self

    def value(self, tokens: int, total: int) -> float:
        """Rise, stay, then fall as peak * (1 - sqrt(progress of the decay)), never under the floor."""
        decay = round(total * self.decay_share)
        into = tokens - (total - decay)
        if decay and into > 0:
            return self.floor + (self.peak - self.floor) * (1.0 - math.sqrt(min(1.0, into / decay)))
        if tokens >= self.warmup:
            return self.peak
        return self.start + (self.peak - self.start) * tokens / self.warmup
