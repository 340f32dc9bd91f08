"""Ramp: shares that move in a straight line from one set to another while the phase lasts.

A round gets the shares of its middle, so that the rounds of a phase together hold exactly the mean of the two sets,
however long they are. Ramps with corners are phases one after the other.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from curricula.settings import Share
from mixtures.base import Method, Path, Situation, divide_by_size, expand
from mixtures.static import must_sum_to_one


class Ramp(Method):
    """Linear interpolation between two sets of shares; inside a source, slices follow their sizes."""

    kind: Literal["ramp"] = "ramp"
    start: dict[str, Share] = Field(min_length=1)
    """Share of each source or group at the start of the phase; they sum to 1."""
    end: dict[str, Share] = Field(min_length=1)
    """Share of each source or group at the end of the phase; they sum to 1."""

    _sum = field_validator("start", "end")(must_sum_to_one)

    def choose(self, situation: Situation) -> dict[str, float]:
        """Return ``(1 - m) * start + m * end``, where m is the progress at the round's middle."""
        middle = min(1.0, situation.progress + situation.round_progress / 2)
        names = dict.fromkeys([*self.start, *self.end])
        shares = {n: (1 - middle) * self.start.get(n, 0.0) + middle * self.end.get(n, 0.0) for n in names}
        return divide_by_size(expand(shares, situation.groups), situation.slices)

    def mentions(self) -> dict[Path, str]:
        """Return the names in ``start`` and ``end``."""
        first: dict[Path, str] = {("start", name): name for name in self.start}
        return {**first, **{("end", name): name for name in self.end}}
