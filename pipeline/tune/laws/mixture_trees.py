"""Trees over mixtures: RegMix's law of a loss (arXiv 2407.01492), gradient-boosted by LightGBM, and its search.

Published with 512 mixtures. Trees say one number for all mixtures of a leaf, so they neither extrapolate nor see much
in a small swarm: the rank correlation over mixtures held out says whether they see anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline import seeds
from pipeline.tune.laws.fitting import FOLDS, FitError, Floats
from pipeline.tune.laws.mixing import Mixture

TREES, RATE = 1000, 0.01
"""Number and learning rate of the published trees. They are not stopped early, for no mixtures are left to stop by."""
FEWEST = 8
"""Mixtures below which nothing is fitted."""


@dataclass(frozen=True)
class MixtureTrees:
    """One metric's trees."""

    names: tuple[str, ...]
    model: Any
    samples: tuple[Any, ...]
    """The same of every bootstrap sample of mixtures."""
    relative_error: float
    """Root mean square of (prediction - data) / data."""
    held_out: Floats
    """For every mixture, what trees fitted without it say of it."""
    held_out_error: float
    ranges: Mapping[str, tuple[float, float]]
    """Name -> smallest and largest share that was tried."""

    def losses(self, shares: Floats) -> Floats:
        """Return what is expected of mixtures, shape [mixtures]; shares are [mixtures, names]."""
        return np.asarray(self.model.predict(shares), dtype=np.float64)

    def loss(self, mixture: Mixture) -> float:
        """Return what is expected of one mixture."""
        return float(self.losses(self._row(mixture))[0])

    def resampled(self, mixture: Mixture) -> Floats:
        """Return the same by every bootstrap sample; trees of as many mixtures share their samples."""
        row = self._row(mixture)
        return np.asarray([model.predict(row)[0] for model in self.samples], dtype=np.float64)

    def outside(self, mixture: Mixture) -> list[str]:
        """Return a phrase for every share that lies outside of those tried."""
        return [
            f"{name} is {mixture[name]:.4g}, the data go from {low:.4g} to {high:.4g}"
            for name, (low, high) in self.ranges.items()
            if not low - 1e-9 <= mixture[name] <= high + 1e-9
        ]

    def _row(self, mixture: Mixture) -> Floats:
        return np.array([[mixture.get(name, 0.0) for name in self.names]])


def fit_mixture_trees(
    mixtures: Sequence[Mixture], losses: Sequence[float], *, leaf: int, resamples: int = 0
) -> MixtureTrees:
    """Fit one metric; raise FitError with fewer than 8 mixtures, or too few for two leaves of ``leaf`` of them."""
    if (count := len(mixtures)) < (needed := max(FEWEST, 2 * leaf)):
        raise FitError(f"{count} mixtures are too few for trees with {leaf} in a leaf; at least {needed} are needed")
    names = tuple(sorted({name for mixture in mixtures for name in mixture}))
    shares = np.array([[mixture.get(name, 0.0) for name in names] for mixture in mixtures])
    wanted = np.asarray(losses, dtype=np.float64)
    model = _grow(shares, wanted, leaf)
    part, held_out = np.arange(count) % FOLDS, np.empty(count)
    for i in range(FOLDS):
        held_out[part == i] = _grow(shares[part != i], wanted[part != i], leaf).predict(shares[part == i])
    drawn = seeds.generator(0, "bootstrap", count).integers(0, count, (resamples, count))
    samples = tuple(_grow(shares[rows], wanted[rows], leaf) for rows in drawn)
    ranges = {name: (float(column.min()), float(column.max())) for name, column in zip(names, shares.T, strict=True)}
    errors = (_error(np.asarray(model.predict(shares)), wanted), _error(held_out, wanted))
    return MixtureTrees(names, model, samples, errors[0], held_out, errors[1], ranges)


def best_simulated(
    laws: Mapping[str, MixtureTrees],
    weights: Mapping[str, float],
    prior: Mixture,
    *,
    most: Mapping[str, float],
    simulated: int,
    averaged: int,
) -> dict[str, float]:
    """Return the mean of the best mixtures among many drawn around the prior, by the weighted sum of losses.

    They are drawn from a Dirichlet distribution of as many in all as there are names, and kept where no share exceeds
    ``most``. Raises FitError where too few keep it.
    """
    names = next(iter(laws.values())).names
    around = np.array([prior[name] for name in names])
    drawn = seeds.generator(0, "regmix", *names).dirichlet(len(names) * around / around.sum(), simulated)
    kept = drawn[(drawn <= [most.get(name, 1.0) for name in names]).all(axis=1)]
    if len(kept) < averaged:
        raise FitError(
            f"of {simulated:,} mixtures drawn around the prior, {len(kept)} read no source too often, and {averaged} "
            f"are averaged: the sources do not suffice, or the prior is far from what they allow"
        )
    totals = np.sum([weight * laws[metric].losses(kept) for metric, weight in weights.items()], axis=0)
    mean = kept[np.argsort(totals, kind="stable")[:averaged]].mean(axis=0)
    return dict(zip(names, map(float, mean), strict=True))


def _grow(shares: Floats, wanted: Floats, leaf: int) -> Any:
    import lightgbm

    settings = {
        "objective": "regression",
        "learning_rate": RATE,
        "min_data_in_leaf": leaf,
        "min_data_in_bin": 1,
        "num_threads": 1,
        "deterministic": True,
        "seed": 0,
        "verbosity": -1,
    }
    return lightgbm.train(settings, lightgbm.Dataset(shares, wanted, params=settings), num_boost_round=TREES)


def _error(told: Floats, wanted: Floats) -> float:
    return float(np.sqrt(np.mean((told / wanted - 1.0) ** 2)))
