"""A figure: matplotlib's drawing as inline SVG whose colours are CSS variables, so that it follows light and dark.

Each is drawn twice, for wide and for narrow screens; the page shows one. Nothing needs a script, and the same data
give the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

SERIES = ("#2563b0", "#c4570a", "#15803d", "#a21caf", "#0e7490", "#8f6400", "#be123c", "#57606b")
"""Light-mode colours of the series; the style sheet holds both modes as ``--s1`` and on."""
DASHES = ("", "7 3", "2 2", "9 3 2 3", "12 4", "4 2 1 2", "1 3", "6 2 6 6")
"""Lines differ by dashes too: colour never tells alone."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
MARKER_PATHS = (
    "M5 1a4 4 0 1 0 0 8a4 4 0 1 0 0-8z",
    "M1.5 1.5h7v7h-7z",
    "M5 .8L9.4 8.6H.6z",
    "M5 .4L9.6 5L5 9.6L.4 5z",
    "M5 9.2L.6 1.4H9.4z",
    "M3.6.8h2.8v2.8h2.8v2.8H6.4v2.8H3.6V6.4H.8V3.6h2.8z",
    "M3 .8L5 2.8L7 .8L9.2 3L7.2 5L9.2 7L7 9.2L5 7.2L3 9.2L.8 7L2.8 5L.8 3z",
    "M5 .4L6.2 3.6L9.6 3.7L6.9 5.8L7.9 9.2L5 7.2L2.1 9.2L3.1 5.8L.4 3.7L3.8 3.6z",
)
"""The markers as a legend draws them, in a box of 10 by 10."""
INK, MUTED, GRID, SURFACE, ALARM, FEASIBLE = "#1c2128", "#5b6571", "#d6dbe1", "#ffffff", "#fdf0ee", "#e6f4ea"
_VARIABLES = {
    **{colour: f"var(--s{i})" for i, colour in enumerate(SERIES, start=1)},
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--grid)",
    SURFACE: "var(--surface)",
    ALARM: "var(--alarm)",
    FEASIBLE: "var(--feasible)",
}
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "ytick.major.size": 0,
    "text.parse_math": False,
    "path.simplify": True,
    "path.simplify_threshold": 0.3,
}
_SIZES: tuple[dict[str, Any], ...] = (
    {"font.size": 12.0, "axes.titlesize": 12.5},
    {"font.size": 10.5, "axes.titlesize": 11.5},
)
Draw = Callable[[Figure, bool], None]
"""Draws into an empty figure; the flag says whether it is the narrow one."""
Form = Literal["line", "area", "dot"]
"""How a series looks."""


@dataclass(frozen=True)
class Key:
    """One entry of a legend."""

    label: str
    series: int
    form: Form = "line"

    @property
    def dash(self) -> str:
        """Dashes as SVG writes them."""
        return DASHES[self.series]

    @property
    def marker(self) -> str:
        """Its marker as an SVG path in a box of 10 by 10."""
        return MARKER_PATHS[self.series]


@dataclass(frozen=True)
class Chart:
    """A figure with its legend and its description for those who do not see it."""

    wide: str
    narrow: str
    label: str
    keys: tuple[Key, ...] = ()


def chart(
    name: str,
    label: str,
    draw: Draw,
    *,
    height: int,
    narrow_height: int,
    keys: tuple[Key, ...] = (),
) -> Chart:
    """Draw a figure for both widths; ``name`` is unique on the page, heights are in CSS pixels."""
    wide = _svg(f"{name}-wide", (920, height), draw, narrow=False)
    narrow = _svg(f"{name}-narrow", (350, narrow_height), draw, narrow=True)
    return Chart(wide, narrow, label, keys)


def _svg(name: str, size: tuple[int, int], draw: Draw, *, narrow: bool) -> str:
    style: Any = {**_STYLE, **_SIZES[narrow], "svg.hashsalt": name}
    with mpl.rc_context(style):
        figure = Figure(figsize=(size[0] / 72, size[1] / 72), layout="constrained")
        draw(figure, narrow)
        buffer = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    return _inline(buffer.getvalue())


def _inline(svg: str) -> str:
    """Turn a stand-alone SVG file into an element of the page."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (xmlns(:xlink)?|version|width|height)="[^"]*"', "", svg, count=5)
    svg = svg.replace("xlink:href=", "href=")
    svg = re.sub(r" font-family: [^;\"]*;", "", svg)
    used = set(re.findall(r"#([A-Za-z0-9_.-]+)[\")]", svg))
    svg = re.sub(r' id="([^"]*)"', lambda match: match[0] if match[1] in used else "", svg)
    svg = re.sub(r"#[0-9a-f]{6}\b", lambda match: _VARIABLES.get(match[0], match[0]), svg)
    svg = re.sub(r"\s*\n\s*", " ", svg)
    return svg.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)


def token_unit(tokens: float) -> tuple[float, str]:
    """Return (divisor, axis label) that suit a number of tokens."""
    for size, word in ((1e12, "trillions"), (1e9, "billions"), (1e6, "millions"), (1e3, "thousands")):
        if tokens >= size:
            return size, f"tokens ({word})"
    return 1.0, "tokens"


def finish(axes: Axes, *, end: float, label: str | None, narrow: bool) -> None:
    """Set limits and ticks of a token axis from 0 to ``end`` (in its unit), and of the value axis."""
    axes.set_xlim(0, end)
    axes.xaxis.set_major_locator(MaxNLocator(5 if narrow else 9, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if label is not None:
        axes.set_xlabel(label)


def mark_phases(axes: Axes, spans: list[tuple[str, float, float]], *, narrow: bool, named: bool = True) -> None:
    """Draw a line where each phase begins, and its name above (its number where there is little room)."""
    for i, (name, begin, end) in enumerate(spans):
        if begin:
            axes.axvline(begin, color=INK, linewidth=1.0)
        if not named:
            continue
        text = f"{i + 1}" if narrow else f"{i + 1}: {name}"
        axes.annotate(
            text,
            ((begin + end) / 2, 1),
            (0, 4),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=MUTED,
        )
