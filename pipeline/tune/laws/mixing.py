"""Mixing laws: a loss over the shares of a mixture, and the mixture that makes a weighted sum of losses smallest.

Data Mixing Laws (arXiv 2403.16952, eq. 6): L(r) = c + exp(k + sum_j t_j r_j). The best mixture follows from a convex
programme as in Olmix, with a pull towards a prior and with bounds so that no source is repeated too often.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from pipeline.tune.laws.fitting import Fit, FitError, Floats, Inputs, Law, fit

Mixture = Mapping[str, float]


@dataclass(frozen=True)
class MixingLaw:
    """One metric's law."""

    names: tuple[str, ...]
    fitted: Fit

    def loss(self, mixture: Mixture) -> float:
        """Return the expected value; shares of names that are not in the mixture are 0."""
        return self.fitted.predict(**{name: mixture.get(name, 0.0) for name in self.names}, extrapolate=True)

    def outside(self, mixture: Mixture) -> list[str]:
        """Return a phrase for every share that lies outside of those tried."""
        return self.fitted.outside(mixture)

    def resampled(self, mixture: Mixture) -> Floats:
        """Return the expected value of every bootstrap sample; laws of as many mixtures share their samples."""
        row = {name: np.array([mixture.get(name, 0.0)]) for name in self.names}
        told = [self.fitted.law.formula(values, row)[0] for values in self.fitted.resampled]
        return np.asarray(told, dtype=np.float64)


def fit_mixing_law(mixtures: Sequence[Mixture], losses: Sequence[float], *, resamples: int = 0) -> MixingLaw:
    """Fit one metric over the mixtures that were tried; raise FitError with fewer of them than parameters."""
    names = tuple(sorted({name for mixture in mixtures for name in mixture}))
    columns = {name: [mixture.get(name, 0.0) for mixture in mixtures] for name in names}
    least = min(losses)
    if least <= 0:
        raise FitError(f"mixing law: a loss is {least:.4g}; the law is of losses above 0")

    def formula(values: Floats, inputs: Inputs) -> Floats:
        slopes = np.stack([inputs[name] for name in names], axis=-1) @ values[2:]
        return np.asarray(np.exp(values[0]) + np.exp(values[1] + slopes))

    starts = tuple(
        (np.log(least * part), k, *(slope,) * len(names))
        for part, k, slope in product((0.5, 0.8, 0.95), (-2.0, -1.0, 0.5), (-0.5, 0.0))
    )
    law = Law("mixing law", ("log_c", "k", *(f"t_{name}" for name in names)), formula, starts)
    return MixingLaw(names, fit(law, columns, losses, resamples=resamples))


def best_mixture(
    laws: Mapping[str, MixingLaw],
    weights: Mapping[str, float],
    prior: Mixture,
    *,
    most: Mapping[str, float] | None = None,
    pull: float = 0.0,
) -> dict[str, float]:
    """Return the shares with the smallest weighted sum of the laws' losses plus ``pull`` times KL(shares, prior).

    ``most`` bounds shares, such as by `repetition_bounds`; raises FitError where the bounds leave less than a whole.
    Both terms are convex in the shares, so one search finds the smallest value there is.
    """
    names = sorted(prior)
    bounds = [(0.0, min(1.0, (most or {}).get(name, 1.0))) for name in names]
    if sum(high for _, high in bounds) < 1 - 1e-9:
        told = ", ".join(f"{name} {high:.3f}" for name, (_, high) in zip(names, bounds, strict=True))
        raise FitError(f"the sources do not suffice: the largest shares allowed sum to less than 1 ({told})")
    start = _within(np.array([prior[name] for name in names]), np.array([high for _, high in bounds]))
    reference = np.maximum(np.array([prior[name] for name in names]), 1e-12)

    def cost(shares: Floats) -> float:

        mixture = dict(zip(names, shares, strict=True))
        expected = sum(weight * laws[metric].loss(mixture) for metric, weight in weights.items())
        shares = np.maximum(shares, 1e-12)
        return float(expected + pull * np.sum(shares * np.log(shares / reference)))

    whole = {"type": "eq", "fun": lambda shares: shares.sum() - 1.0}
    options = {"maxiter": 1000, "ftol": 1e-12}
    from scipy.optimize import minimize

    found = minimize(cost, start, method="SLSQP", bounds=bounds, constraints=[whole], options=options)
    if not found.success:
        raise FitError(f"no best mixture was found: {found.message}")
    shares = np.clip(found.x, 0.0, None)
    return dict(zip(names, map(float, shares / shares.sum()), strict=True))


def repetition_bounds(unique: Mapping[str, float], tokens: float, epochs: float = 4.0) -> dict[str, float]:
    """Return the largest share of each source with which a run of ``tokens`` reads it no more than ``epochs`` times."""
    return {name: epochs * size / tokens for name, size in unique.items()}


def _within(shares: Floats, most: Floats) -> Floats:
    """Return shares of sum 1 below the bounds: what is above them goes to the others by what these have left."""
    shares = np.minimum(shares / shares.sum(), most)
    room = most - shares
    missing = 1.0 - shares.sum()
    return shares + (room * missing / room.sum() if missing > 0 else 0.0)
