"""A finding's plot as a figure: fitted lines with their bands, and the points they were fitted to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.report.figure import DASHES, MARKERS, SERIES, SURFACE, Chart, Key, chart, token_unit
from pipeline.tune.finding import Curve, Finding, Plot

FITTED = ", fitted"
"""A label that ends so has the colour of the points it is named after."""
_WIDE = 20
"""An axis over more than so many times what was measured is logarithmic, or one would see the forecast alone."""


def finding_charts(finding: Finding, index: int) -> Iterator[tuple[str, Chart]]:
    """Yield (caption, figure) of a finding's plots; ``index`` is its place on the page."""
    for number, plot in enumerate(finding.plots):
        series = _series(plot)
        left_out = len(series) - len(SERIES)
        said = [
            f"{plot.title}.",
            "Bands are 95 % intervals." if any(curve.low is not None for curve in plot.curves) else "",
            "Dots were measured." if any(curve.measured for curve in plot.curves) else "",
            f"Left out: {left_out} of {len(series)} series." if left_out > 0 else "",
        ]
        shown = dict(list(series.items())[: len(SERIES)])
        yield " ".join(filter(None, said)), _chart(plot, f"finding-{index}-{number}", shown)


def _series(plot: Plot) -> dict[str, int]:
    names = dict.fromkeys(curve.label.removesuffix(FITTED) for curve in plot.curves)
    return {name: number for number, name in enumerate(names)}


def _chart(plot: Plot, name: str, series: dict[str, int]) -> Chart:
    drawn = [(curve, series[key]) for curve in plot.curves if len(curve.x) and (key := _key(curve)) in series]
    end = max((max(curve.x) for curve, _ in drawn), default=1.0)
    unit, axis = token_unit(end) if plot.x_label == "tokens" else (1.0, plot.x_label)

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.subplots()
        for curve, number in drawn:
            _draw(axes, curve, [x / unit for x in curve.x], number)
        axes.set_title(plot.y_label)
        axes.set_xlabel(axis)
        if _is_wide([curve for curve, _ in drawn], end):
            axes.set_xscale("log")
        else:
            axes.xaxis.set_major_locator(MaxNLocator(4 if narrow else 8))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))

    told = [f"{c.label} from {c.y[0]:.4g} at {c.x[0]:.4g} to {c.y[-1]:.4g} at {c.x[-1]:.4g}" for c, _ in drawn]
    label = f"{plot.title}: {plot.y_label} over {plot.x_label}; {'; '.join(told)}."
    lines = {number for curve, number in drawn if not curve.measured}
    keys = tuple(Key(label, number, "line" if number in lines else "dot") for label, number in series.items())
    return chart(name, label, draw, height=380, narrow_height=310, keys=keys)


def _key(curve: Curve) -> str:
    return curve.label.removesuffix(FITTED)


def _is_wide(curves: list[Curve], end: float) -> bool:
    measured = [x for curve in curves if curve.measured for x in curve.x if x > 0]
    return bool(measured) and end > _WIDE * max(measured)


def _draw(axes: Axes, curve: Curve, x: Sequence[float], series: int) -> None:
    colour = SERIES[series]
    if curve.measured:
        shape: dict[str, Any] = {"marker": MARKERS[series], "markersize": 6, "markeredgecolor": SURFACE}
        if curve.low is not None and curve.high is not None:
            axes.vlines(x, curve.low, curve.high, color=colour, linewidth=1.2)
        axes.plot(x, curve.y, color=colour, linestyle="", markeredgewidth=0.6, **shape)
        return
    if curve.low is not None and curve.high is not None:
        axes.fill_between(x, curve.low, curve.high, color=colour, alpha=0.13, linewidth=0)
    dashes = tuple(float(part) / 2 for part in DASHES[series].split())
    axes.plot(x, curve.y, color=colour, linewidth=2, linestyle=(0, dashes) if dashes else "solid")
