"""What merging says: how well it ranks the mixtures that were run in earnest, metric by metric."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from scipy.stats import rankdata

from pipeline import seeds
from pipeline.tune.finding import Curve, Finding, Plot
from pipeline.tune.laws.fitting import Floats
from pipeline.tune.merging import Merged
from pipeline.tune.ranking import CONFIDENCE
from pipeline.tune.results import Result

RESAMPLES = 2000
FEWEST = 4
"""Mixtures below which a rank correlation says nothing."""


def merging_finding(told: Sequence[Merged], results: Sequence[Result]) -> Finding:
    """Compare merged models with runs, each mixture's mean over its seeds."""
    real = {(result.point.combination, result.point.seed): result.metrics for result in results}
    mixtures = list(dict.fromkeys(one.point.combination for one in told))
    title = "Merging: mixtures foretold by the mean of models of their parts"
    if len(mixtures) < FEWEST:
        reason = f"Cannot be said yet: {len(mixtures)} mixtures have finished parts, at least {FEWEST} are needed."
        return Finding("merging", title, (reason,))
    statements, plots = [], []
    for metric in told[0].metrics:
        merged = [_mean(one.metrics[metric] for one in told if one.point.combination == name) for name in mixtures]
        ran = [
            _mean(real[name, one.point.seed][metric] for one in told if one.point.combination == name)
            for name in mixtures
        ]
        rank, low, high = spearman(merged, ran)
        best = mixtures[int(np.argmin(merged))]
        statements.append(
            f"{metric}: rank correlation with {len(mixtures)} runs {rank:.2f} (95 % interval {low:.2f} to {high:.2f}); "
            f"of the lowest merged model, {best}, the run is number {_place(merged, ran)} of them."
        )
        curve = Curve("mixtures", merged, ran, measured=True)
        plots.append(Plot(f"{metric}: runs over merged models", f"{metric}, merged", f"{metric}, run", (curve,)))
    return Finding("merging", title, tuple(statements), plots=tuple(plots))


def spearman(one: Sequence[float], other: Sequence[float]) -> tuple[float, float, float]:
    """Return the rank correlation of two rows of numbers, with the bounds of its bootstrap interval over the pairs.

    All three are NaN where one row has but one number.
    """
    a, b = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    drawn = seeds.generator(0, "spearman", len(a)).integers(0, len(a), (RESAMPLES, len(a)))
    found = _rank_correlations(a[drawn], b[drawn])
    if np.isnan(found).all():
        return math.nan, math.nan, math.nan
    low, high = np.nanquantile(found, [0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2])
    return float(_rank_correlations(a[None], b[None])[0]), float(low), float(high)


def _rank_correlations(one: Floats, other: Floats) -> Floats:
    """Return the rank correlation of every row, [rows]; NaN where a row has but one number."""
    a, b = (ranks - ranks.mean(axis=1, keepdims=True) for ranks in (rankdata(one, axis=1), rankdata(other, axis=1)))
    with np.errstate(invalid="ignore"):
        return np.asarray((a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1)))


def _mean(values: Iterator[float]) -> float:
    found = list(values)
    return math.fsum(found) / len(found)


def _place(merged: Sequence[float], ran: Sequence[float]) -> int:
    """Return the place, from 1, that the run of the lowest merged model takes among the runs."""
    return int(np.sum(np.asarray(ran) < ran[int(np.argmin(merged))])) + 1
