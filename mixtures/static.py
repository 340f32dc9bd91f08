"""Static: the shares the recipe writes down, for as long as the phase lasts."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field, field_validator

from curricula.settings import Share
from mixtures.base import Method, Path, Situation, divide_by_size, expand

SUM_TOLERANCE = 1e-6


def must_sum_to_one(shares: dict[str, float]) -> dict[str, float]:
    """Return the shares unchanged, or raise ValueError with their sum."""
    total = math.fsum(shares.values())
    if abs(total - 1.0) > SUM_TOLERANCE:
        raise ValueError(f"the shares sum to {total:.6g}; shares are fractions of tokens and sum to 1")
    return shares


class Static(Method):
    """Fixed shares of sources and groups; inside a source, slices follow their sizes."""

    kind: Literal["static"] = "static"
    shares: dict[str, Share] = Field(min_length=1)
    """Share of each source or group; they sum to 1."""

    _sum = field_validator("shares")(must_sum_to_one)

    def choose(self, situation: Situation) -> dict[str, float]:
        """Return the written shares, expanded to slices."""
        return divide_by_size(expand(self.shares, situation.groups), situation.slices)

    def mentions(self) -> dict[Path, str]:
        """Return the names in ``shares``."""
        return {("shares", name): name for name in self.shares}
