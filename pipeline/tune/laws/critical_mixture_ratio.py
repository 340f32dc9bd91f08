"""The critical mixture ratio: the largest share of new text at which general ability is not lost for good.

CMR scaling law (arXiv 2407.17467). A share R is feasible if the general loss has risen by no more than a tolerance at
the end of training and is falling there; the critical ratio is the largest feasible one. Its curves in tokens are
sums of powers, its growth with tokens is again a power.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np

from pipeline.tune.laws.fitting import Fit, FitError, Floats, Inputs, Law, fit

Curve = Sequence[tuple[float, float]]
"""(tokens, rise of the general loss since the start in nats) of one run; tokens above 0."""

TOLERANCES = (0.02, 0.05, 0.1)
"""For which a report says how much the critical ratio depends on them."""


def _power(values: Floats, inputs: Inputs) -> Floats:
    a, s, b = values
    return np.asarray(a * inputs["ratio"] ** s + b)


LOSS_OF_RATIO = Law(
    "loss of the new text over its share",
    ("a", "s", "b"),
    _power,
    starts=tuple(product((-0.5, -0.1, 0.1, 0.5), (-1.0, -0.3, 0.3, 1.0), (0.5, 1.5, 3.0))),
)
"""L_domain(R) = a R^s + b at a fixed number of tokens (section 4.1)."""


def _two_powers(values: Floats, inputs: Inputs) -> Floats:
    a, s, c, u, b = values
    return np.asarray(a * inputs["tokens"] ** s + c * inputs["tokens"] ** u + b)


RISE_OF_TOKENS = Law(
    "rise of the general loss over tokens",
    ("a", "s", "c", "u", "b"),
    _two_powers,
    starts=tuple(
        (a, s, c, u, b) for a, s, c, u, b in product((0.02, 0.2), (0.2, 0.6), (-0.05, 0.05), (-0.4, 0.9), (-0.1, 0.1))
    ),
    scale="plain",
)
"""dL_general(T) = a T^s + c T^u + b at a fixed share: up, then down again (section 4.2). T by the longest run."""


def _one_power(values: Floats, inputs: Inputs) -> Floats:
    a, s, b = values
    return np.asarray(a * inputs["tokens"] ** s + b)


FEWEST_LENGTHS = 4
"""Below them no curve is fitted, and from one more on it has two powers."""
RISE_OF_FEW = Law(
    "rise of the general loss over tokens, with one power",
    ("a", "s", "b"),
    _one_power,
    starts=tuple(product((-0.1, 0.1), (-0.3, 0.3, 1.0), (-0.1, 0.0, 0.1))),
    scale="plain",
)
"""The same without its second power, where only 4 lengths were seen."""


GROWTH = Law(
    "critical mixture ratio over tokens",
    ("a", "s", "b"),
    _one_power,
    starts=tuple(product((-2.0, -0.5, 0.2, 0.8), (-0.4, -0.1, 0.15, 0.4), (-1.0, 0.0, 1.0))),
)
"""R_CMR(T) = a T^s + b, T in units of 0.2 billion tokens in the paper (section 4.3, table 5)."""


@dataclass(frozen=True)
class CriticalRatio:
    """What pilots say about shares."""

    rises: Mapping[float, Fit]
    """Share -> its curve."""
    tokens: float
    """At which feasibility is asked."""
    longest: float
    """Tokens of the longest pilot."""

    @property
    def extrapolates(self) -> bool:
        """Whether the pilots were shorter than what is asked about."""
        return self.tokens > self.longest * (1 + 1e-9)

    def rise(self, ratio: float) -> float:
        """Return the rise at the end, between pilots in a straight line; raise ValueError outside of their shares."""
        return self._between(ratio, self._rise_at)

    def slope(self, ratio: float) -> float:
        """Return how steep the rise still is at the end, in nats for as many tokens again."""
        return self._between(ratio, self._slope_at)

    def ratio(self, tolerance: float) -> float | None:
        """Return the largest feasible share within the pilots' range, None where even the smallest one is not."""
        from scipy.optimize import brentq

        def excess(ratio: float) -> float:
            return max(self.rise(ratio) - tolerance, self.slope(ratio))

        grid = np.linspace(min(self.rises), max(self.rises), 201)
        feasible = [i for i, ratio in enumerate(grid) if excess(float(ratio)) <= 0]
        if not feasible:
            return None
        last = feasible[-1]
        if last == len(grid) - 1:
            return float(grid[-1])
        return float(brentq(excess, grid[last], grid[last + 1]))

    def sensitivity(self) -> dict[float, float | None]:
        """Return tolerance -> critical ratio."""
        return {tolerance: self.ratio(tolerance) for tolerance in TOLERANCES}

    def grown(self, tolerance: float) -> float | None:
        """Return the ratio by its own growth over the pilots' lengths (`GROWTH`): a second way to look further.

        None where fewer than 4 lengths have a critical ratio inside of the shares that were tried.
        """
        lengths = [part * self.longest for part in np.linspace(0.3, 1.0, 12)]
        ratios = {tokens: replace(self, tokens=tokens).ratio(tolerance) for tokens in lengths}
        inside = {t: r for t, r in ratios.items() if r is not None and min(self.rises) < r < max(self.rises)}
        if len(inside) < 4:
            return None
        fitted = fit(GROWTH, {"tokens": [t / self.longest for t in inside]}, list(inside.values()))
        return min(1.0, max(0.0, fitted.predict(tokens=self.tokens / self.longest, extrapolate=True)))

    def resampled(self) -> list[CriticalRatio]:
        """Return the same for every bootstrap sample of the curves; empty without bootstrap."""
        samples = min(len(fitted.resampled) for fitted in self.rises.values())
        drawn = ({r: replace(f, values=f.resampled[i]) for r, f in self.rises.items()} for i in range(samples))
        return [replace(self, rises=rises) for rises in drawn]

    @cached_property
    def _rise_at(self) -> dict[float, float]:
        return {ratio: self._value(fitted, 1.0) for ratio, fitted in self.rises.items()}

    @cached_property
    def _slope_at(self) -> dict[float, float]:
        step = 1e-4
        return {r: (self._rise_at[r] - self._value(f, 1.0 - step)) / step for r, f in self.rises.items()}

    def _value(self, fitted: Fit, where: float) -> float:
        return fitted.predict(tokens=where * self.tokens / self.longest, extrapolate=True)

    def _between(self, ratio: float, values: Mapping[float, float]) -> float:
        ratios = sorted(values)
        if not ratios[0] <= ratio <= ratios[-1]:
            raise ValueError(f"no pilot has a share as far as {ratio:g}; they go from {ratios[0]:g} to {ratios[-1]:g}")
        return float(np.interp(ratio, ratios, [values[r] for r in ratios]))


def critical_ratio(
    curves: Mapping[float, Curve],
    tokens: float,
    *,
    resamples: int = 0,
    groups: Mapping[float, Sequence[int]] | None = None,
) -> CriticalRatio:
    """Fit every pilot's curve, ask about runs of ``tokens``.

    A pilot's curve may hold several runs; ``groups`` then says which of them each of its points is from, for
    `fit`. Where a pilot was seen at 4 lengths only, all curves are `RISE_OF_FEW`. Raises FitError with fewer than
    4 pilots, or fewer than 4 different lengths in one of them.
    """
    if len(curves) < 4:
        raise FitError(f"{len(curves)} shares were tried; a critical ratio needs at least 4")
    lengths = {ratio: len({tokens for tokens, _ in curve}) for ratio, curve in curves.items()}
    fewest = min(lengths, key=lambda ratio: lengths[ratio])
    if lengths[fewest] < FEWEST_LENGTHS:
        raise FitError(
            f"the runs with a share of {fewest:g} were validated after {lengths[fewest]} different numbers of tokens; "
            f"a curve needs at least {FEWEST_LENGTHS}"
        )
    law = RISE_OF_TOKENS if lengths[fewest] > FEWEST_LENGTHS else RISE_OF_FEW
    longest = max(tokens for curve in curves.values() for tokens, _ in curve)
    fits = {}
    for ratio, curve in curves.items():
        where, rise = zip(*curve, strict=True)
        inputs = {"tokens": [t / longest for t in where]}
        fits[ratio] = fit(law, inputs, rise, resamples=resamples, groups=(groups or {}).get(ratio))
    return CriticalRatio(fits, tokens, longest)
