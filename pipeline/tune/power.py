"""Power: how many seeds would tell a difference of a given size from noise. An estimate, to plan with."""

from __future__ import annotations

import math

POWER = 0.8
SIGNIFICANCE = 0.05
MOST = 1000
"""Beyond this many seeds nobody would try."""


def seeds_needed(difference: float, spread: float) -> int | None:
    """Return the pairs of runs with which a paired two-sided t-test finds a difference in 80 % of experiments.

    ``spread`` is the standard deviation of the paired differences. Both are taken for the truth, and nothing is
    corrected for other comparisons. None where more than a thousand seeds or an unknown number would be needed.
    """
    from scipy import stats

    if difference == 0 or not math.isfinite(spread):
        return None
    effect = abs(difference) / spread if spread else math.inf
    if math.isinf(effect):
        return 2
    normal = stats.norm.ppf(1 - SIGNIFICANCE / 2) + stats.norm.ppf(POWER)
    seeds = max(2, math.floor((normal / effect) ** 2))
    while seeds <= MOST and _power(effect, seeds) < POWER:
        seeds += 1
    return seeds if seeds <= MOST else None


def _power(effect: float, seeds: int) -> float:
    from scipy import stats

    critical = stats.t.ppf(1 - SIGNIFICANCE / 2, seeds - 1)
    return float(stats.nct.sf(critical, seeds - 1, effect * math.sqrt(seeds)))
