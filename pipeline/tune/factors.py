"""Factors: what an experiment varies, each over levels that set fields of the base recipe.

A level has a label, by which everything about it is named: never its position in a list.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, StringConstraints, model_validator

from curricula.settings import Settings

Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")]
"""Letters, digits, and ``. _ + -``: it becomes part of a folder's name."""

Path = Annotated[str, StringConstraints(min_length=1)]
"""A field of the base recipe with dots: ``runs.cpt.phases.0.mixture.shares``."""

Changes = Mapping[str, Any]
"""Field of the base recipe -> what is written there."""


class Levels(Settings):
    """Named levels, each of which sets any number of fields."""

    kind: Literal["levels"] = "levels"
    levels: dict[Label, dict[Path, Any]] = Field(min_length=2)
    """Label -> {field: value}; the first one is the reference."""

    @property
    def listed(self) -> dict[str, Changes]:
        """Label -> changes."""
        return dict(self.levels)

    def at(self, quantile: float) -> tuple[str, Changes]:
        """Return the level of a number in [0, 1)."""
        label = list(self.levels)[int(quantile * len(self.levels))]
        return label, self.levels[label]


class Values(Settings):
    """Values of one field, each its own label."""

    kind: Literal["values"] = "values"
    field: Path
    """What is set."""
    values: tuple[bool | int | float | str, ...] = Field(min_length=2)
    """The first one is the reference."""

    @property
    def listed(self) -> dict[str, Changes]:
        """Label -> changes."""
        return {_label(value): {self.field: value} for value in self.values}

    def at(self, quantile: float) -> tuple[str, Changes]:
        """Return the level of a number in [0, 1)."""
        value = self.values[int(quantile * len(self.values))]
        return _label(value), {self.field: value}


class Range(Settings):
    """Numbers between two bounds, for designs that choose their own points."""

    kind: Literal["range"] = "range"
    field: Path
    """What is set."""
    low: float
    """Smallest value."""
    high: float
    """Largest value."""
    scale: Literal["linear", "logarithmic"] = "linear"
    """On which scale numbers are spread evenly."""
    multiple_of: float | None = Field(default=None, gt=0.0)
    """Numbers are multiples of this, such as the tokens of a step; of 1 where the field holds whole numbers."""

    @model_validator(mode="after")
    def _in_order(self) -> Range:
        if not self.low < self.high:
            raise ValueError(f"low is {self.low:g} and high is {self.high:g}; low must be the smaller one")
        if self.scale == "logarithmic" and self.low <= 0:
            raise ValueError(f"low is {self.low:g}; on a logarithmic scale bounds are above 0")
        if self.multiple_of and math.ceil(self.low / self.multiple_of) > math.floor(self.high / self.multiple_of):
            raise ValueError(f"no multiple of {self.multiple_of:g} lies between {self.low:g} and {self.high:g}")
        return self

    @property
    def listed(self) -> dict[str, Changes]:
        """None of its own."""
        return {}

    def at(self, quantile: float) -> tuple[str, Changes]:
        """Return the value of a number in [0, 1): the nearest multiple between the bounds, or four digits of it."""
        if self.scale == "linear":
            value = self.low + quantile * (self.high - self.low)
        else:
            value = math.exp(math.log(self.low) + quantile * math.log(self.high / self.low))
        if self.multiple_of is None:
            value = float(f"{value:.4g}")
        else:
            least, most = math.ceil(self.low / self.multiple_of), math.floor(self.high / self.multiple_of)
            value = min(max(round(value / self.multiple_of), least), most) * self.multiple_of
            if value.is_integer():
                return str(int(value)), {self.field: int(value)}
        return f"{value:g}", {self.field: value}


class Shares(Settings):
    """Shares that sum to 1, for swarms of mixtures."""

    kind: Literal["shares"] = "shares"
    field: Path
    """The mapping that is set."""
    of: tuple[str, ...] = Field(min_length=2)
    """Names of sources or groups."""
    prior: tuple[float, ...] = ()
    """Around which shares, in the order of ``of``, mixtures are drawn; equal ones where empty."""

    @model_validator(mode="after")
    def _fits(self) -> Shares:
        if self.prior and (len(self.prior) != len(self.of) or min(self.prior) <= 0):
            raise ValueError(f"prior needs {len(self.of)} numbers above 0, one for each name in `of`")
        return self

    @property
    def listed(self) -> dict[str, Changes]:
        """None of its own."""
        return {}

    @property
    def corners(self) -> list[tuple[str, Changes]]:
        """The levels of each name alone, in the order of ``of``."""
        return [self.level([float(name == alone) for name in self.of]) for alone in self.of]

    def level(self, shares: Sequence[float]) -> tuple[str, Changes]:
        """Return the level of a mixture; shares are rounded to a thousandth, and so is what is read."""
        thousandths = np.floor(np.asarray(shares) * 1000).astype(int)
        rest = np.asarray(shares) * 1000 - thousandths
        thousandths[np.argsort(-rest, kind="stable")[: 1000 - thousandths.sum()]] += 1
        written = {name: int(n) / 1000 for name, n in zip(self.of, thousandths, strict=True)}
        return "-".join(f"{int(n):03d}" for n in thousandths), {self.field: written}


AnyFactor = Annotated[Levels | Values | Range | Shares, Field(discriminator="kind")]
"""What an experiment may write under ``factors``."""


def _label(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
