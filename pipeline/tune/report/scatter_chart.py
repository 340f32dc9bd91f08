"""Two metrics against each other, a point for each combination: what one costs in the other."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.report.figure import ALARM, FEASIBLE, INK, MARKERS, MUTED, SERIES, SURFACE, Chart, chart
from pipeline.tune.ranking import Place
from pipeline.tune.report.bounds import limits, titled
from pipeline.tune.report.looks import keys, looks
from pipeline.tune.report.standing import Standing


def scatter(standing: Standing, metric: str) -> tuple[Chart, str]:
    """Return the deciding metric against another one, a point for each combination, and its caption."""
    decide = standing.experiment.decide
    across, up = standing.places(metric), standing.places(decide.lowest)
    series = looks(standing)
    bound = decide.at_most.get(metric)

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.subplots()
        axes.margins(0.08)
        for name in across:
            _cross(axes, across[name], up[name], series.get(name))
        if bound is not None:
            _shade(axes, bound)
        axes.xaxis.set_major_locator(MaxNLocator(4 if narrow else 8))
        axes.set_title(f"{decide.lowest}, less is better")
        axes.set_xlabel(f"{titled(metric, bound)}, less is better")

    told = [f"{name} {across[name].mean:.4f} and {up[name].mean:.4f}" for name in across]
    label = f"{metric} and {decide.lowest} of every combination: {'; '.join(told)}."
    caption = "Means over seeds with 95 % intervals; towards the lower left both are better."
    caption += " Green is the feasible set, red is beyond the bound." if bound is not None else ""
    caption += " Grey dots are the other combinations." if len(across) > len(series) else ""
    return chart(f"scatter-{metric}", label, draw, height=400, narrow_height=320, keys=keys(series, "dot")), caption


def _shade(axes: Axes, bound: float) -> None:
    """Draw a bound on the level axis, with what keeps and what breaks it shaded."""
    low, high = limits(*axes.get_xlim(), bound)
    axes.set_xlim(low, high)
    inside = min(max(bound, low), high)
    axes.axvspan(inside, high, color=ALARM, linewidth=0, zorder=0)
    axes.axvspan(low, inside, color=FEASIBLE, linewidth=0, zorder=0)
    if low < bound < high:
        axes.axvline(bound, color=INK, linewidth=1.2)


def _cross(axes: Axes, across: Place, up: Place, series: int | None) -> None:
    colour = MUTED if series is None else SERIES[series]
    widths = np.array([across.half_width, up.half_width])
    axes.errorbar(
        [across.mean],
        [up.mean],
        xerr=widths[:1] if np.isfinite(widths[0]) else None,
        yerr=widths[1:] if np.isfinite(widths[1]) else None,
        color=colour,
        linewidth=1.2,
        linestyle="",
        marker="." if series is None else MARKERS[series],
        markersize=6 if series is None else 9,
        markeredgecolor=SURFACE,
        markeredgewidth=0.6,
    )
