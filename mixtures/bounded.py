"""Bounded shares: as close to given proportions as floors and ceilings allow.

One scale serves all names that are not at a bound, so the freed or missing share is spread in proportion.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping


def bounded(
    weights: Mapping[str, float], lower: Mapping[str, float], upper: Mapping[str, float], total: float
) -> dict[str, float]:
    """Return ``clip(scale * weight, lower, upper)`` with the one scale at which the result sums to ``total``.

    A weight of 0 stays at its lower bound. The caller sees to it that the total lies between what the lower bounds
    and the upper bounds of positive weights add up to.
    """

    def at(scale: float) -> dict[str, float]:
        return {n: min(max(scale * w, lower[n]), upper[n]) if w > 0 else lower[n] for n, w in weights.items()}

    corners = sorted({bound[n] / w for n, w in weights.items() if w > 0 for bound in (lower, upper)})
    right = bisect_left(corners, total, key=lambda scale: math.fsum(at(scale).values()))
    if right in (0, len(corners)):
        return at(corners[min(right, len(corners) - 1)])
    low, high = corners[right - 1], corners[right]
    free = {n: w for n, w in weights.items() if w > 0 and lower[n] / w <= low and upper[n] / w >= high}
    held = math.fsum(value for n, value in at(low).items() if n not in free)
    return at((total - held) / math.fsum(free.values()))
