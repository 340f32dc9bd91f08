"""Designs: which combinations of levels an experiment tries. Each is settings with one verb."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from curricula.settings import Settings
from pipeline import seeds
from pipeline.recipe_errors import near
from pipeline.tune.factors import AnyFactor, Changes, Label, Shares

Combination = Mapping[str, tuple[str, Changes]]
"""Factor -> (label, changes)."""

Factors = Mapping[str, AnyFactor]


class Design(Settings):
    """The base of all designs."""

    @abstractmethod
    def combinations(self, factors: Factors, seed: int) -> Iterator[Combination]:
        """Yield the combinations to try, each factor with one level."""

    @abstractmethod
    def refuses(self, factor: AnyFactor) -> str | None:
        """Return why the design cannot vary such a factor, or None."""


class _Listing(Design):
    """A design that needs every level by name."""

    def refuses(self, factor: AnyFactor) -> str | None:
        """Factors without listed levels cannot be used."""
        return None if factor.listed else f"a {factor.kind} factor has no levels to list; name them, or sample"


class Grid(_Listing):
    """Every level of every factor with every other."""

    kind: Literal["grid"] = "grid"

    def combinations(self, factors: Factors, seed: int) -> Iterator[Combination]:
        """Yield the product of all levels."""
        for chosen in product(*(factor.listed.items() for factor in factors.values())):
            yield dict(zip(factors, chosen, strict=True))


class OneAtATime(_Listing):
    """The reference (the first level of every factor), and every other level alone."""

    kind: Literal["one_at_a_time"] = "one_at_a_time"

    def combinations(self, factors: Factors, seed: int) -> Iterator[Combination]:
        """Yield the reference, then one change at a time."""
        reference = {name: next(iter(factor.listed.items())) for name, factor in factors.items()}
        yield reference
        for name, factor in factors.items():
            for level in list(factor.listed.items())[1:]:
                yield {**reference, name: level}


class Dirichlet(Design):
    """A swarm of mixtures, from near one corner to near the prior (RegMix, arXiv 2407.01492, section 3)."""

    kind: Literal["dirichlet"] = "dirichlet"
    points: int = Field(ge=1)
    """How many are drawn."""
    concentration: tuple[float, float] = (0.1, 5.0)
    """Smallest and largest sum of Dirichlet parameters per name, drawn evenly on a logarithmic scale."""
    corners: bool = False
    """Whether every name is also tried alone, as `merging` needs."""

    def refuses(self, factor: AnyFactor) -> str | None:
        """Only shares can be drawn."""
        return None if isinstance(factor, Shares) else f"a swarm draws shares; a {factor.kind} factor has none"

    def combinations(self, factors: Factors, seed: int) -> Iterator[Combination]:
        """Yield the points; the first ones are the same however many follow."""
        for i in range(self.points):
            yield {name: self._draw(name, factor, seed, i) for name, factor in factors.items()}
        if self.corners:
            yield from product_of_corners(factors)

    def _draw(self, name: str, factor: AnyFactor, seed: int, index: int) -> tuple[str, Changes]:
        assert isinstance(factor, Shares), "others are refused"
        generator = seeds.generator(seed, "dirichlet", name, index)
        low, high = np.log(self.concentration)
        prior = np.asarray(factor.prior or np.ones(len(factor.of)))
        weights: Any = len(factor.of) * np.exp(generator.uniform(low, high)) * prior / prior.sum()
        return factor.level(generator.dirichlet(weights).tolist())


def product_of_corners(factors: Factors) -> Iterator[Combination]:
    """Yield every combination in which each factor has one name alone."""
    for chosen in product(*(factor.corners for factor in factors.values() if isinstance(factor, Shares))):
        yield dict(zip(factors, chosen, strict=True))


class LatinHypercube(Design):
    """Points spread so that each factor's range is covered evenly (McKay, Beckman and Conover, 1979)."""

    kind: Literal["latin_hypercube"] = "latin_hypercube"
    points: int = Field(ge=2)
    """How many; every factor's range is cut into as many parts, and each part is used once."""

    def refuses(self, factor: AnyFactor) -> str | None:
        """Shares have no single range."""
        return "shares have no range to cut; use a dirichlet design" if isinstance(factor, Shares) else None

    def combinations(self, factors: Factors, seed: int) -> Iterator[Combination]:
        """Yield the points."""
        quantiles = {}
        for name in factors:
            generator = seeds.generator(seed, "latin hypercube", name, self.points)
            quantiles[name] = (generator.permutation(self.points) + generator.random(self.points)) / self.points
        for i in range(self.points):
            yield {name: _at(factor, float(quantiles[name][i])) for name, factor in factors.items()}


def _at(factor: AnyFactor, quantile: float) -> tuple[str, Changes]:
    assert not isinstance(factor, Shares), "refused"
    return factor.at(quantile)


AnyDesign = Annotated[Grid | OneAtATime | Dirichlet | LatinHypercube, Field(discriminator="kind")]
"""What an experiment may write under ``design``."""


class Merging(Settings):
    """That mixtures are also foretold by the mean of models of their parts; see `pipeline.tune.merging`."""

    factor: Label
    """A factor of kind ``shares``, the only one; a swarm with ``corners`` tries every name of it alone."""

    def refuses(self, factors: Factors, design: Design) -> str | None:
        """Return why the experiment cannot be merged, or None."""
        if self.factor not in factors:
            return f"no such factor: {self.factor}{near(self.factor, list(factors))}"
        if len(factors) > 1 or not isinstance(factors[self.factor], Shares):
            return "parts can be merged where a shares factor is the only one"
        if not isinstance(design, Dirichlet) or not design.corners:
            return "parts must be tried alone: the design needs kind dirichlet and corners: true"
        return None
