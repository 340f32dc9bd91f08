"""The cost of conclusions: what was spent to decide each, and what it would take to decide those left open."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.tune.power import seeds_needed
from pipeline.tune.ranking import Difference
from pipeline.tune.report.standing import Spent, Standing


@dataclass(frozen=True)
class Conclusion:
    """The best against one other combination."""

    gap: Difference
    spent: Spent
    """By the finished points of both."""
    more_seeds: int | None
    """About how many further seeds of both would decide it; None where a thousand would not, or nobody can tell."""
    more: Spent | None
    """What they would cost."""

    @property
    def decided(self) -> bool:
        """Whether the difference is more than noise."""
        return self.gap.beyond_noise


def conclusions(standing: Standing) -> list[Conclusion]:
    """Return the best against every other, in the order of the ranking."""
    if standing.verdict is None or standing.verdict.best is None:
        return []
    gaps = standing.gaps
    return [_conclusion(standing, gaps[p.combination]) for p in standing.verdict.places if p.combination in gaps]


def total(standing: Standing) -> Spent:
    """Return what the whole experiment has cost: all finished points, and the runs they start from."""
    each = [standing.spent(name) for name in standing.combinations]
    return sum([*each, *standing.shared.values()], Spent())


def _conclusion(standing: Standing, gap: Difference) -> Conclusion:
    pair = (gap.combination, gap.than)
    spent = sum(map(standing.spent, pair), Spent())
    needed = None if gap.beyond_noise else seeds_needed(gap.mean, gap.spread)
    if needed is None:
        return Conclusion(gap, spent, None, None)
    more = max(1, needed - gap.seeds)
    each = [_times(standing.spent(name), more / len(standing.finished(name))) for name in pair]
    return Conclusion(gap, spent, more, sum(each, Spent()))


def _times(spent: Spent, factor: float) -> Spent:
    flops = None if spent.flops is None else spent.flops * factor
    return Spent(round(spent.tokens * factor), spent.seconds * factor, flops)
