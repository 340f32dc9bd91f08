"""What merging says: how well it ranks the mixtures that were run in earnest, metric by metric."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from pipeline.tune.finding import Curve, Finding, Plot
from pipeline.tune.merging import Merged
from pipeline.tune.rank_correlation import spearman
from pipeline.tune.results import Result

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


def _mean(values: Iterator[float]) -> float:
    found = list(values)
    return math.fsum(found) / len(found)


def _place(merged: Sequence[float], ran: Sequence[float]) -> int:
    """Return the place, from 1, that the run of the lowest merged model takes among the runs."""
    return int(np.sum(np.asarray(ran) < ran[int(np.argmin(merged))])) + 1
