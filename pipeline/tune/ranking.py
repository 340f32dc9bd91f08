"""The ranking: combinations by a metric, with intervals, and which differences are more than noise.

Noise is what the seeds make of one and the same combination. It is pooled over all combinations, for three seeds say
little about their own spread; differences are held against it with Student's t, and the many comparisons with one
and the same best combination are corrected for by Holm's method (Scandinavian Journal of Statistics, 1979).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.tune.results import Result

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Place:
    """A combination in the ranking."""

    combination: str
    values: Mapping[int, float]
    """Seed -> value."""
    half_width: float
    """Half of the confidence interval of the mean; NaN where no combination has two seeds."""
    is_baseline: bool

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return math.fsum(self.values.values()) / len(self.values)


@dataclass(frozen=True)
class Difference:
    """How a combination differs from another one."""

    combination: str
    than: str
    mean: float
    """Over the seeds that both have; below 0 is better."""
    half_width: float
    p: float
    """Corrected for all comparisons with ``than``; 1 where nothing can be told."""
    seeds: int
    """How many both have."""
    spread: float
    """Standard deviation of such differences between seeds, pooled; NaN where none has two."""

    @property
    def has_noise(self) -> bool:
        """Whether anything says what seeds alone make: some combination has two in common with ``than``."""
        return not math.isnan(self.spread)

    @property
    def beyond_noise(self) -> bool:
        """Whether seeds alone would hardly make it."""
        return self.p < 1 - CONFIDENCE


def plus_minus(mean: float, half_width: float, sign: str = "") -> str:
    """Return a mean with its interval, or that one seed gives none, as a terminal shows it; ``+`` shows every sign."""
    interval = f"± {half_width:.4f}" if math.isfinite(half_width) else "(one seed: no interval)"
    return f"{mean:{sign}.4f} {interval}"


def rank(results: Sequence[Result], metric: str) -> list[Place]:
    """Return all combinations, the lowest mean first; equal means in the order of their names."""
    values = _by_combination(results, metric)
    spread, freedom = _noise(values)
    baselines = {result.point.combination for result in results if result.point.is_baseline}
    places = [
        Place(name, found, _half_width(spread / math.sqrt(len(found)), freedom), name in baselines)
        for name, found in values.items()
    ]
    return sorted(places, key=lambda place: (place.mean, place.combination))


def differences(results: Sequence[Result], metric: str, than: str) -> list[Difference]:
    """Return the difference of every other combination from one, seed by seed, by name."""
    values = _by_combination(results, metric)
    others = sorted(name for name in values if name != than and values[name].keys() & values[than].keys())
    gaps = {
        name: [values[name][seed] - values[than][seed] for seed in sorted(values[name].keys() & values[than].keys())]
        for name in others
    }
    spread, freedom = _noise({name: dict(enumerate(gap)) for name, gap in gaps.items()})
    means = {name: math.fsum(gap) / len(gap) for name, gap in gaps.items()}
    errors = {name: spread / math.sqrt(len(gap)) for name, gap in gaps.items()}
    chances = _holm({name: _chance(means[name], errors[name], freedom) for name in others})
    return [
        Difference(n, than, means[n], _half_width(errors[n], freedom), chances[n], len(gaps[n]), spread) for n in others
    ]


def _by_combination(results: Sequence[Result], metric: str) -> dict[str, dict[int, float]]:
    values: dict[str, dict[int, float]] = {}
    for result in results:
        values.setdefault(result.point.combination, {})[result.point.seed] = result.metrics[metric]
    return values


def _noise(values: Mapping[str, Mapping[int, float]]) -> tuple[float, int]:
    """Return the standard deviation within combinations, pooled, and its degrees of freedom."""
    squares, freedom = 0.0, 0
    for found in values.values():
        mean = math.fsum(found.values()) / len(found)
        squares += math.fsum((value - mean) ** 2 for value in found.values())
        freedom += len(found) - 1
    return (math.sqrt(squares / freedom) if freedom else math.nan), freedom


def _half_width(error: float, freedom: int) -> float:
    from scipy import stats

    return float(stats.t.ppf(0.5 + CONFIDENCE / 2, freedom)) * error if freedom else math.nan


def _chance(mean: float, error: float, freedom: int) -> float:
    """Return how likely seeds alone make a difference as large, in either direction."""
    from scipy import stats

    if not freedom:
        return 1.0
    if error == 0:
        return 0.0 if mean else 1.0
    return float(2 * stats.t.sf(abs(mean) / error, freedom))


def _holm(chances: Mapping[str, float]) -> dict[str, float]:
    """Return corrected chances: the smallest times the number of comparisons, the next times one less, and so on."""
    corrected, least = {}, 0.0
    for i, name in enumerate(sorted(chances, key=lambda name: (chances[name], name))):
        least = max(least, min(1.0, chances[name] * (len(chances) - i)))
        corrected[name] = least
    return corrected
