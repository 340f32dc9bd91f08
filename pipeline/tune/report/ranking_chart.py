"""The ranking as a figure: a dot for every combination's mean, its interval, and the seeds it was made of."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.report.figure import INK, MUTED, SERIES, SURFACE, Chart, chart
from pipeline.tune.ranking import Place
from pipeline.tune.report.standing import Standing
from pipeline.tune.report.words import shortened

MOST = 40
"""Combinations that are drawn, and baselines beyond them; the table has all."""
_ROW, _NARROW_ROW, _FRAME = 30, 44, 70


def ranking_chart(standing: Standing) -> Chart:
    """Return the deciding metric of all combinations, the lowest on top; there must be a verdict."""
    verdict = standing.verdict
    assert verdict is not None, "nothing is drawn of nothing"
    places = [place for i, place in enumerate(verdict.places) if i < MOST or place.is_baseline]
    notes = {place.combination: _note(standing, place) for place in places}

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.subplots()
        for row, place in enumerate(places):
            best = verdict.best is not None and place.combination == verdict.best.combination
            _dot(axes, row, place, best=best, broken=place.combination in verdict.broken)
        if verdict.best is not None:
            axes.axvline(verdict.best.mean, color=MUTED, linewidth=1, linestyle=(0, (3, 3)), zorder=0)
        _name(axes, places, notes, narrow=narrow)
        axes.set_ylim(len(places) - 0.4, -0.75)
        axes.xaxis.set_major_locator(MaxNLocator(4 if narrow else 8))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.grid(visible=True, axis="x")
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(f"{standing.experiment.decide.lowest}, less is better")

    told = [f"{place.combination} {place.mean:.4f}" for place in places]
    label = f"{standing.experiment.decide.lowest} of every combination, lowest first: {'; '.join(told)}."
    height, narrow_height = (_FRAME + len(places) * row for row in (_ROW, _NARROW_ROW))
    return chart("ranking", label, draw, height=height, narrow_height=narrow_height)


def _dot(axes: Axes, row: int, place: Place, *, best: bool, broken: bool) -> None:
    colour = SERIES[0] if best else MUTED if broken else INK
    values = list(place.values.values())
    axes.plot(values, [row + 0.22] * len(values), linestyle="", marker="|", markersize=6, color=MUTED)
    if math.isfinite(place.half_width):
        axes.plot([place.mean - place.half_width, place.mean + place.half_width], [row, row], color=colour, linewidth=2)
    shape = "s" if place.is_baseline else "o"
    axes.plot(
        [place.mean],
        [row],
        linestyle="",
        marker=shape,
        markersize=8,
        color=colour,
        markerfacecolor=SURFACE if broken else colour,
    )


def _note(standing: Standing, place: Place) -> str:
    verdict = standing.verdict
    assert verdict is not None, "places come from a verdict"
    if verdict.best is not None and place.combination == verdict.best.combination:
        return "best"
    if broken := verdict.broken.get(place.combination):
        return f"breaks {', '.join(broken)}"
    gap = standing.gaps.get(place.combination)
    return "within noise" if gap and gap.has_noise and not gap.beyond_noise else ""


def _name(axes: Axes, places: list[Place], notes: dict[str, str], *, narrow: bool) -> None:
    """Write each combination's name beside its row, or above it where there is little room."""
    limit = 44 if narrow else 36
    names = [shortened(place.combination, limit) for place in places]
    told = [
        f"{name}: {notes[place.combination]}" if notes[place.combination] else name
        for name, place in zip(names, places, strict=True)
    ]
    if not narrow:
        axes.set_yticks(range(len(places)), told)
        axes.tick_params(axis="y", labelcolor=INK)
        return
    axes.set_yticks([])
    for row, text in enumerate(told):
        axes.annotate(text, (0, row - 0.28), xycoords=("axes fraction", "data"), ha="left", va="bottom", color=INK)
