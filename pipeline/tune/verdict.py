"""The verdict: which combination is recommended, and whether it beats what costs no thought."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.tune.experiment import Decide
from pipeline.tune.ranking import Difference, Place, differences, rank
from pipeline.tune.results import Result


@dataclass(frozen=True)
class Verdict:
    """What an experiment comes to."""

    places: list[Place]
    """All combinations, the lowest mean of the deciding metric first."""
    broken: dict[str, dict[str, float]]
    """Combination -> metric -> its mean, where that is above its bound; only those that break one."""
    best: Place | None
    """The lowest that breaks no bound; None where all do."""
    others: list[Difference]
    """How every other combination differs from the best; empty without one."""

    @property
    def unbeaten(self) -> list[str]:
        """Baselines that the best does not beat beyond noise; empty where it is a baseline itself."""
        if self.best is None or self.best.is_baseline:
            return []
        baselines = {place.combination for place in self.places if place.is_baseline}
        return [gap.combination for gap in self.others if gap.combination in baselines and not gap.beyond_noise]

    @property
    def within_noise(self) -> list[str]:
        """Combinations that may be as good as the best and break no bound."""
        return [gap.combination for gap in self.others if not gap.beyond_noise and gap.combination not in self.broken]


def decide(results: Sequence[Result], by: Decide) -> Verdict:
    """Return the verdict on the finished points; there must be at least one."""
    places = rank(results, by.lowest)
    broken = {place.combination: dict(_breaks(results, by, place.combination)) for place in places}
    broken = {name: found for name, found in broken.items() if found}
    best = next((place for place in places if place.combination not in broken), None)
    others = differences(results, by.lowest, best.combination) if best else []
    return Verdict(places, broken, best, others)


def _breaks(results: Sequence[Result], by: Decide, combination: str) -> Iterator[tuple[str, float]]:
    mine = [result for result in results if result.point.combination == combination]
    for metric, bound in by.at_most.items():
        mean = math.fsum(result.metrics[metric] for result in mine) / len(mine)
        if mean > bound:
            yield metric, mean
