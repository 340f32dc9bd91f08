"""The trade-off: which figures show the deciding metric against those it is weighed with."""

from __future__ import annotations

import math

from pipeline.report.figure import Chart
from pipeline.tune.report.levels_chart import Line, over_levels
from pipeline.tune.report.scatter_chart import scatter
from pipeline.tune.report.standing import Standing

MOST_LINES = 5
"""Lines over a factor's levels, one for each choice of the other factors; with more, points are not joined."""


def trade_offs(standing: Standing) -> list[tuple[str, Chart, str]]:
    """Return (title, figure, caption): one for each factor with numeric levels; scatters for the others.

    None before two combinations can be compared.
    """
    if standing.verdict is None or len(standing.verdict.places) == 1:
        return []
    numeric = {name: lines for name in standing.experiment.factors if (lines := _lines(standing, name))}
    charts = [(f"Over {name}", *over_levels(standing, name, lines)) for name, lines in numeric.items()]
    if len(numeric) < len(standing.experiment.factors):
        charts += [
            (f"{standing.experiment.decide.lowest} against {metric}", *scatter(standing, metric))
            for metric in standing.weighed
        ]
    return charts


def _lines(standing: Standing, factor: str) -> list[Line]:
    """Return the lines over a factor whose labels are all numbers; none for another factor."""
    assert standing.verdict is not None, "nothing is drawn of nothing"
    groups: dict[str, list[tuple[float, str]]] = {}
    for place in standing.verdict.places:
        labels = standing.levels[place.combination]
        if factor not in labels:
            continue
        level = _number(labels[factor])
        if level is None:
            return []
        rest = ",".join(f"{name}={label}" for name, label in labels.items() if name != factor)
        groups.setdefault(rest, []).append((level, place.combination))
    joined = len(groups) <= MOST_LINES
    if not joined:
        groups = {"": [pair for pairs in groups.values() for pair in pairs]}
    lines = [(rest, sorted(groups[rest])) for rest in sorted(groups)]
    return [Line(rest or factor, [x for x, _ in pairs], [name for _, name in pairs], joined) for rest, pairs in lines]


def _number(label: str) -> float | None:
    try:
        value = float(label)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
