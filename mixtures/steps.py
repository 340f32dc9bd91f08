"""Steps: shares that change at stated points of the phase and stay as they are between them.

A round in which a step falls gets the mean over the round, so the tokens of each step are exact however long the
rounds are.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal

from pydantic import Field, field_validator

from curricula.settings import Settings, Share
from mixtures.base import Method, Path, Situation, divide_by_size, expand
from mixtures.static import must_sum_to_one


class Step(Settings):
    """Shares that hold from a point of the phase on."""

    at: float = Field(ge=0.0, lt=1.0)
    """Progress through the phase from which the shares hold."""
    shares: dict[str, Share] = Field(min_length=1)
    """Share of each source or group; they sum to 1."""

    _sum = field_validator("shares")(must_sum_to_one)


class Steps(Method):
    """Piecewise constant shares; inside a source, slices follow their sizes."""

    kind: Literal["steps"] = "steps"
    steps: tuple[Step, ...] = Field(min_length=1)
    """The first is at 0; each holds until the next."""

    @field_validator("steps")
    @classmethod
    def _ascend(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        points = [step.at for step in steps]
        if points[0] != 0 or any(later <= earlier for earlier, later in pairwise(points)):
            raise ValueError(f"the steps are at {points}; the first is at 0 and each is later than the one before")
        return steps

    def choose(self, situation: Situation) -> dict[str, float]:
        """Return the mean of the steps' shares over the coming round."""
        mean: dict[str, float] = {}
        for step, part in zip(self.steps, self._parts(situation), strict=True):
            for name, share in step.shares.items():
                mean[name] = mean.get(name, 0.0) + part * share
        return divide_by_size(expand(mean, situation.groups), situation.slices)

    def mentions(self) -> dict[Path, str]:
        """Return the names in all steps."""
        return {("steps", i, "shares", name): name for i, step in enumerate(self.steps) for name in step.shares}

    def _parts(self, situation: Situation) -> list[float]:
        """Return the part of the coming round that falls into each step; they sum to 1."""
        begin, end = situation.progress, situation.progress + situation.round_progress
        edges = [*(step.at for step in self.steps), math.inf]
        if end <= begin:
            return [float(low <= begin < high) for low, high in pairwise(edges)]
        inside = [max(0.0, min(end, high) - max(begin, low)) for low, high in pairwise(edges)]
        return [part / math.fsum(inside) for part in inside]
