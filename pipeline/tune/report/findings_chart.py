"""A finding's plot as a figure: fitted lines with their bands, and the points they were fitted to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.report.figure import DASHES, MARKERS, SERIES, SURFACE, Chart, Key, chart
from pipeline.tune.finding import Curve, Finding, Plot

MOST = len(SERIES)
"""Labels that one figure can tell apart; what comes after is left out, and the caption says so."""


def finding_charts(finding: Finding, index: int) -> Iterator[tuple[str, Chart]]:
    """Yield (caption, figure) of a finding's plots; ``index`` is its place on the page."""
    for number, plot in enumerate(finding.plots):
        labels = list(dict.fromkeys(curve.label for curve in plot.curves))
        left_out = f" Left out: {len(labels) - MOST} of {len(labels)} curves." if len(labels) > MOST else ""
        banded = any(curve.low is not None for curve in plot.curves)
        dots = any(curve.measured for curve in plot.curves)
        said = ["Bands are 95 % intervals." if banded else "", "Dots were measured." if dots else ""]
        caption = " ".join([f"{plot.title}.", *filter(None, said)]) + left_out
        yield caption, _chart(plot, f"finding-{index}-{number}", labels[:MOST])


def _chart(plot: Plot, name: str, labels: list[str]) -> Chart:
    series = {label: number for number, label in enumerate(labels)}
    curves = [curve for curve in plot.curves if curve.label in series and len(curve.x)]

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.subplots()
        for curve in curves:
            _draw(axes, curve, series[curve.label])
        axes.set_title(plot.y_label)
        axes.set_xlabel(plot.x_label)
        axes.xaxis.set_major_locator(MaxNLocator(4 if narrow else 8))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))

    told = [f"{c.label} from {c.y[0]:.4g} at {c.x[0]:.4g} to {c.y[-1]:.4g} at {c.x[-1]:.4g}" for c in curves]
    label = f"{plot.title}: {plot.y_label} over {plot.x_label}; {'; '.join(told)}."
    keys = tuple(Key(label, number) for label, number in series.items())
    return chart(name, label, draw, height=380, narrow_height=310, keys=keys)


def _draw(axes: Axes, curve: Curve, series: int) -> None:
    colour = SERIES[series]
    if curve.measured:
        shape: dict[str, Any] = {
            "marker": MARKERS[series],
            "markersize": 6,
            "markeredgecolor": SURFACE,
            "markeredgewidth": 0.6,
        }
        if curve.low is not None and curve.high is not None:
            axes.vlines(curve.x, curve.low, curve.high, color=colour, linewidth=1.2)
        axes.plot(curve.x, curve.y, color=colour, linestyle="", **shape)
        return
    if curve.low is not None and curve.high is not None:
        axes.fill_between(curve.x, curve.low, curve.high, color=colour, alpha=0.13, linewidth=0)
    dashes = tuple(float(part) / 2 for part in DASHES[series].split())
    axes.plot(curve.x, curve.y, color=colour, linewidth=2, linestyle=(0, dashes) if dashes else "solid")
