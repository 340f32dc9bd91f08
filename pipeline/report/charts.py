"""The page's figures: forgetting and learning per slice, mixture over time, and the curves of training."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.report.figure import (
    ALARM,
    DASHES,
    INK,
    MARKERS,
    MUTED,
    SERIES,
    SURFACE,
    Chart,
    Form,
    Key,
    chart,
    finish,
    mark_phases,
    token_unit,
)
from pipeline.report.mixture import Mixture, Stretch
from pipeline.report.numbers import amount, joined, signed
from pipeline.report.results import Curve, RunResult, Validations

SMALL_PART = 0.25
"""Forgetting gets a panel of its own where it is less than this part of the learning."""
MANY_POINTS = 40
"""More validations than this are drawn without markers."""


def loss_curves(result: RunResult) -> Chart:
    """Return held-out loss per slice over training: minus the base's where there is a base, plain otherwise."""
    validations = result.validations
    curves = {name: losses - losses[0] if result.compared else losses for name, losses in validations.losses.items()}
    drawn = sorted(curves, key=lambda name: (-_largest(curves[name]), name))[: len(SERIES)]
    keys = _keys(result, sorted(drawn))
    unit, axis = token_unit(validations.tokens[-1])
    phases = _spans(result.mixture, unit)

    end = float(validations.tokens[-1]) / unit
    split = result.compared and _needs_split([curves[key.label] for key in keys])

    def draw(figure: Figure, narrow: bool) -> None:
        rows = figure.subplots(1 + split, 1, sharex=True, squeeze=False, height_ratios=(1, 2)[1 - split :])[:, 0]
        for axes in rows:
            for key in keys:
                _line(axes, validations.tokens / unit, curves[key.label], key.series)
        if split:
            _above(rows[0])
            _below(rows[1])
        elif result.compared:
            _around_zero(rows[0])
        else:
            rows[0].set_title("loss (nats per token)", pad=24)
        for axes in rows:
            finish(axes, end=end, label=axis if axes is rows[-1] else None, narrow=narrow)
        mark_phases(rows[0], phases, narrow=narrow)
        if split:
            mark_phases(rows[1], phases, narrow=narrow, named=False)

    label = _loss_label(result, [key.label for key in keys])
    return chart(f"loss-{result.name}", label, draw, height=400, narrow_height=330, keys=keys)


def _keys(result: RunResult, names: list[str], form: Form = "line") -> tuple[Key, ...]:
    """Give each name its series: a slice looks the same in every figure, where there are series enough for all."""
    everyone = [piece.name for piece in result.slices]
    order = everyone if len(everyone) <= len(SERIES) else names
    return tuple(Key(name, order.index(name), form) for name in names)


def _largest(curve: Curve) -> float:
    return float(np.nanmax(np.abs(curve), initial=0.0))


def _line(axes: Axes, x: Curve, y: Curve, series: int) -> None:
    marker = MARKERS[series] if len(x) <= MANY_POINTS else ""
    dashes = [float(part) / 2 for part in DASHES[series].split()]
    style = (0, tuple(dashes)) if dashes else "solid"
    axes.plot(
        x,
        y,
        color=SERIES[series],
        linewidth=2,
        linestyle=style,
        marker=marker,
        markersize=5,
        markeredgecolor=SURFACE,
        markeredgewidth=0.6,
    )


def _needs_split(curves: list[Curve]) -> bool:
    """Tell whether what is forgotten would be too small to see beside what is learned."""
    high, low = max(float(np.nanmax(c)) for c in curves), min(float(np.nanmin(c)) for c in curves)
    return 0 < high < -SMALL_PART * low


def _above(axes: Axes) -> None:
    """Show what lies above the base, on a scale of its own."""
    axes.set_title("worse than the base (own scale)", pad=24)
    high = max(float(np.nanmax(np.asarray(line.get_ydata(), dtype=np.float64))) for line in axes.get_lines())
    axes.set_ylim(0, 1.15 * high)
    axes.axhspan(0, 1.15 * high, color=ALARM, linewidth=0, zorder=0)
    axes.yaxis.set_major_locator(MaxNLocator(3))


def _below(axes: Axes) -> None:
    """Show what lies below the base."""
    axes.set_title("better than the base")
    axes.set_ylim(axes.get_ylim()[0], 0)
    axes.axhline(0, color=INK, linewidth=1.2)


def _around_zero(axes: Axes) -> None:
    """Mark the base: above it a slice is forgotten, below it is learned."""
    low, high = axes.get_ylim()
    reach = high - low
    high, low = max(high, 0.12 * reach), min(low, -0.12 * reach)
    axes.set_title("change of loss (nats per token)", pad=24)
    axes.set_ylim(low, high)
    axes.axhspan(0, high, color=ALARM, linewidth=0, zorder=0)
    axes.axhline(0, color=INK, linewidth=1.2)
    place: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "color": MUTED}
    axes.annotate("worse", (0, 1), (6, -4), ha="left", va="top", **place)
    axes.annotate("better", (0, 0), (6, 4), ha="left", va="bottom", **place)


def _loss_label(result: RunResult, names: list[str]) -> str:
    what = "Change of held-out loss against the base" if result.compared else "Held-out loss"
    ends = [f"{name} {_end(result.validations, name, result.compared)}" for name in names]
    return f"{what} over {amount(result.mixture.tokens)} tokens of run {result.name}; at the end: {', '.join(ends)}."


def _end(validations: Validations, name: str, compared: bool) -> str:
    losses = validations.losses[name]
    return signed(losses[-1] - losses[0], 3) if compared else f"{losses[-1]:.3f}"


def _spans(mixture: Mixture, unit: float) -> list[tuple[str, float, float]]:
    return [(phase.name, phase.whole.begin / unit, phase.whole.end / unit) for phase in mixture.phases]


def mixture_chart(result: RunResult) -> Chart:
    """Return the share of each slice over time: given as areas, asked as the dashed lines between them."""
    mixture = result.mixture
    names = mixture.slices
    shown = names if len(names) <= len(SERIES) else names[: len(SERIES) - 1]
    others = names[len(shown) :]
    groups = [[name] for name in shown] + ([others] if others else [])
    keys = _keys(result, [*shown, *([f"{len(others)} other slices"] if others else [])], "area")
    unit, axis = token_unit(mixture.tokens)
    given = _heights(groups, [(stretch, stretch.given) for stretch in mixture.stretches])
    asked = _heights(groups, [(stretch, stretch.asked) for stretch in mixture.stretches])
    edges = np.array([0, *(stretch.end for stretch in mixture.stretches)], dtype=np.float64) / unit

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.subplots()
        axes.grid(visible=False)
        for i, key in enumerate(keys):
            colour = SERIES[key.series]
            axes.stairs(given[i + 1], edges, baseline=given[i], fill=True, color=colour, alpha=0.75, linewidth=0)
            if i + 1 < len(keys):
                axes.stairs(given[i + 1], edges, baseline=None, color=SURFACE, linewidth=1.2)
                axes.stairs(asked[i + 1], edges, baseline=None, color=INK, linewidth=1.2, linestyle=(0, (3, 3)))
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
        axes.set_title("share of tokens", pad=24)
        finish(axes, end=edges[-1], label=axis, narrow=narrow)
        mark_phases(axes, _spans(mixture, unit), narrow=narrow)

    label = _mixture_label(result)
    return chart(f"mixture-{result.name}", label, draw, height=340, narrow_height=300, keys=keys[::-1])


def _mixture_label(result: RunResult) -> str:
    phases = []
    for i, phase in enumerate(result.mixture.phases, start=1):
        given = phase.whole.given
        largest = sorted(given, key=lambda name: (-given[name], name))[: len(SERIES)]
        shares = [f"{name} {100 * given[name] / phase.whole.tokens:.1f} %" for name in largest]
        phases.append(f"phase {i}, {phase.name}: {joined(shares)}")
    return f"Share of tokens given to each slice in run {result.name}; {'; '.join(phases)}."


def _heights(
    groups: list[list[str]], rows: list[tuple[Stretch, dict[str, float]] | tuple[Stretch, dict[str, int]]]
) -> Curve:
    """Return the upper edge of every layer (first row: zeros), as shares; shape (groups + 1, stretches)."""
    shares = [
        [sum(tokens.get(name, 0) for name in group) / stretch.tokens for stretch, tokens in rows] for group in groups
    ]
    return np.vstack([np.zeros((1, len(rows))), np.cumsum(np.array(shares).reshape(len(groups), len(rows)), axis=0)])


def training_chart(result: RunResult) -> Chart:
    """Return training loss, learning rate and gradient norm, one above the other."""
    training = result.training
    unit, axis = token_unit(training.tokens[-1])
    panels = (
        ("training loss (nats per token)", training.loss),
        ("learning rate", training.learning_rate),
        ("gradient norm", training.gradient_norm),
    )

    def draw(figure: Figure, narrow: bool) -> None:
        rows = figure.subplots(3, 1, sharex=True, height_ratios=(2, 1, 1))
        for i, (axes, (title, curve)) in enumerate(zip(rows, panels, strict=True)):
            axes.plot(training.tokens / unit, curve, color=SERIES[0], linewidth=1.5)
            axes.set_title(title)
            axes.yaxis.set_major_locator(MaxNLocator(5 if i == 0 else 3))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
            finish(axes, end=float(training.tokens[-1]) / unit, label=axis if i == 2 else None, narrow=narrow)
        rows[1].set_ylim(bottom=0)
        rows[2].set_ylim(bottom=0)

    label = (
        f"Training of run {result.name} over {training.steps} steps: loss from {training.loss[0]:.3f} to "
        f"{training.loss[-1]:.3f} nats per token; learning rate at most {training.learning_rate.max():.3g}; "
        f"gradient norm {training.gradient_norm.min():.3g} to {training.gradient_norm.max():.3g}."
    )
    return chart(f"training-{result.name}", label, draw, height=520, narrow_height=480)
