"""Looks: which combinations are drawn one by one, and in which colour and shape, the same in every figure."""

from __future__ import annotations

from pipeline.report.figure import SERIES, Form, Key
from pipeline.tune.report.standing import Standing
from pipeline.tune.report.words import shortened


def looks(standing: Standing) -> dict[str, int]:
    """Return combination -> series, at most as many as there are series.

    Where there are more combinations, the best and the baselines are in, then the lowest by the deciding metric.
    """
    if standing.verdict is None:
        return {}
    places = standing.verdict.places
    best = standing.reference
    wanted = sorted(places, key=lambda place: place != best and not place.is_baseline)[: len(SERIES)]
    chosen = {place.combination for place in wanted}
    drawn = [name for name in standing.combinations if name in chosen]
    return {name: series for series, name in enumerate(drawn)}


def keys(series: dict[str, int], form: Form = "line") -> tuple[Key, ...]:
    """Return the legend."""
    return tuple(Key(shortened(name, 60), number, form) for name, number in series.items())
