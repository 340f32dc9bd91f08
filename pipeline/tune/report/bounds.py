"""Bounds in figures: how far an axis reaches to show one, and what it is called."""

from __future__ import annotations

from matplotlib.axes import Axes

from pipeline.report.figure import ALARM, INK

_FAR = 1.5
"""A bound that lies further away than so many times what was measured reaches is not drawn."""


def titled(metric: str, bound: float | None) -> str:
    """Return a metric's name with its bound."""
    return metric if bound is None else f"{metric} (at most {bound:g})"


def limits(low: float, high: float, bound: float) -> tuple[float, float]:
    """Return the ends of an axis that show a bound, unless it is so far off that nothing else could be seen."""
    reach = high - low
    if not low - _FAR * reach <= bound <= high + _FAR * reach:
        return low, high
    return min(low, bound - 0.08 * reach), max(high, bound + 0.15 * reach)


def draw_level(axes: Axes, bound: float) -> None:
    """Draw a bound on the upright axis, with what breaks it shaded."""
    low, high = limits(*axes.get_ylim(), bound)
    axes.set_ylim(low, high)
    if bound < high:
        axes.axhspan(max(low, bound), high, color=ALARM, linewidth=0, zorder=0.5)
    if low < bound < high:
        axes.axhline(bound, color=INK, linewidth=1.2)
