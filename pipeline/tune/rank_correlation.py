"""Rank correlation: whether one row of numbers ranks things as another does, with an interval (Spearman)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pipeline import seeds
from pipeline.tune.laws.fitting import CONFIDENCE, Floats

RESAMPLES = 2000


def spearman(one: Sequence[float] | Floats, other: Sequence[float] | Floats) -> tuple[float, float, float]:
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
    from scipy.stats import rankdata

    a, b = (ranks - ranks.mean(axis=1, keepdims=True) for ranks in (rankdata(one, axis=1), rankdata(other, axis=1)))
    with np.errstate(invalid="ignore"):
        return np.asarray((a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1)))
