"""Metrics over the levels of one factor, with intervals, bounds, baselines and the feasible set.

Feasible is what keeps every bound: between two measured levels, where the straight line between their means does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.report.figure import DASHES, FEASIBLE, MARKERS, SERIES, SURFACE, Chart, Key, chart
from pipeline.tune.factors import Range
from pipeline.tune.ranking import Place
from pipeline.tune.report.bounds import draw_level, titled
from pipeline.tune.report.standing import Standing


@dataclass(frozen=True)
class Line:
    """One choice of the other factors over the levels of one."""

    label: str
    levels: Sequence[float]
    combinations: Sequence[str]
    joined: bool = True
    """Whether only the level differs between neighbours, so that a line between them means something."""


def over_levels(standing: Standing, factor: str, lines: list[Line]) -> tuple[Chart, str]:
    """Return one panel for each metric over the levels, and its caption."""
    decide = standing.experiment.decide
    metrics = [decide.lowest, *standing.weighed]
    places = {metric: standing.places(metric) for metric in metrics}
    baselines = [
        name for name in standing.combinations if name in places[decide.lowest] and _is_baseline(standing, name)
    ]
    legend = [line.label for line in lines] + baselines
    shaded = _feasible(lines[0], places, decide.at_most) if len(lines) == 1 else []
    settings = standing.experiment.factors[factor]
    logarithmic = isinstance(settings, Range) and settings.scale == "logarithmic"
    ticks = sorted({level for line in lines for level in line.levels})

    def draw(figure: Figure, narrow: bool) -> None:
        rows = figure.subplots(len(metrics), 1, sharex=True, squeeze=False)[:, 0]
        for axes, metric in zip(rows, metrics, strict=True):
            for begin, end in shaded:
                axes.axvspan(begin, end, color=FEASIBLE, linewidth=0, zorder=0)
            for series, line in enumerate(lines):
                _line(axes, line, places[metric], series)
            for i, name in enumerate(baselines, start=len(lines)):
                axes.axhline(places[metric][name].mean, color=SERIES[i], linewidth=1.6, linestyle=_dashes(i))
            if metric in decide.at_most:
                draw_level(axes, decide.at_most[metric])
            axes.set_title(titled(metric, decide.at_most.get(metric)))
            axes.yaxis.set_major_locator(MaxNLocator(5))
        if logarithmic:
            rows[-1].set_xscale("log")
        elif len(ticks) <= (5 if narrow else 9):
            rows[-1].set_xticks(ticks)
        rows[-1].xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        rows[-1].set_xlabel(factor)

    named = tuple(Key(label, i) for i, label in enumerate(legend))
    label = _label(factor, metrics, lines, places)
    height, narrow_height = 80 + 210 * len(metrics), 70 + 180 * len(metrics)
    made = chart(f"levels-{factor}", label, draw, height=height, narrow_height=narrow_height, keys=named)
    return made, _caption(decide.at_most, lines, shaded)


def _caption(bounds: Mapping[str, float], lines: list[Line], shaded: list[tuple[float, float]]) -> str:
    caption = "Means over seeds with 95 % intervals, less is better; baselines, which have no level, are level lines."
    if not bounds:
        return f"{caption} No bound is set, so every level is feasible."
    caption += " Red is beyond a bound."
    if not lines[0].joined:
        return f"{caption} The other factors differ between the points, so these are not joined."
    if len(lines) > 1 or len(lines[0].levels) < 2:
        return caption
    if not shaded:
        return f"{caption} No level keeps every bound."
    told = " and ".join(f"{begin:.4g} to {end:.4g}" for begin, end in _joined(shaded))
    return (
        f"{caption} Green is the feasible set, {told}: straight lines between the levels' means keep every bound there."
    )


def _joined(stretches: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the stretches, those that touch made one."""
    found: list[tuple[float, float]] = []
    for begin, end in stretches:
        touches = found and found[-1][1] == begin
        found.append((found.pop()[0] if touches else begin, end))
    return found


def _is_baseline(standing: Standing, combination: str) -> bool:
    return "baseline" in standing.levels[combination]


def _dashes(series: int) -> tuple[float, tuple[float, ...]] | str:
    dashes = tuple(float(part) / 2 for part in DASHES[series].split())
    return (0, dashes) if dashes else "solid"


def _line(axes: Axes, line: Line, places: Mapping[str, Place], series: int) -> None:
    found = [places[name] for name in line.combinations]
    bars = [place.half_width for place in found]
    axes.errorbar(
        line.levels,
        [place.mean for place in found],
        yerr=bars if all(map(math.isfinite, bars)) else None,
        color=SERIES[series],
        linewidth=2,
        linestyle=_dashes(series) if line.joined else "",
        marker=MARKERS[series],
        markersize=6,
        markeredgecolor=SURFACE,
        markeredgewidth=0.6,
        capsize=3,
    )


def _feasible(
    line: Line, places: Mapping[str, Mapping[str, Place]], bounds: Mapping[str, float]
) -> list[tuple[float, float]]:
    """Return the stretches of levels in which every bound is kept; empty where there are no bounds."""
    if not bounds or not line.joined:
        return []
    kept: list[tuple[float, float]] = []
    for i in range(len(line.levels) - 1):
        begin, end = 0.0, 1.0
        for metric, bound in bounds.items():
            before, after = (places[metric][name].mean - bound for name in line.combinations[i : i + 2])
            if before > 0 and after > 0:
                begin, end = 1.0, 0.0
            elif before > 0:
                begin = max(begin, before / (before - after))
            elif after > 0:
                end = min(end, before / (before - after))
        if begin < end:
            here, there = line.levels[i : i + 2]
            kept.append((here + begin * (there - here), here + end * (there - here)))
    return kept


def _label(factor: str, metrics: list[str], lines: list[Line], places: Mapping[str, Mapping[str, Place]]) -> str:
    told = [
        f"{metric} of {line.label}: "
        + ", ".join(
            f"{x:g} {places[metric][name].mean:.4f}" for x, name in zip(line.levels, line.combinations, strict=True)
        )
        for metric in metrics
        for line in lines
    ]
    return f"Metrics over {factor}. {'; '.join(told)}."
