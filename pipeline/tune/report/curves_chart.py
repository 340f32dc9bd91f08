"""Curves: a metric's held-out loss over training, the mean over seeds of each combination with its interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.report.figure import DASHES, SERIES, Chart, chart, finish, token_unit
from pipeline.report.numbers import amount
from pipeline.report.table import spread
from pipeline.tune.metrics import Loss, Rise
from pipeline.tune.ranking import Difference, Place, differences, rank
from pipeline.tune.report.looks import keys, looks
from pipeline.tune.report.standing import Standing
from pipeline.tune.report.words import shortened
from pipeline.tune.results import Result

MOST_VALIDATIONS = 120
"""Longer curves are drawn at so many of their validations, and always at the last."""


@dataclass(frozen=True)
class Band:
    """A combination's curve."""

    tokens: list[int]
    places: list[Place]
    gaps: list[Difference | None]
    """From the reference, seed by seed; None of the reference itself and where no seed is common."""


def curve_charts(standing: Standing) -> Iterator[tuple[str, str, Chart]]:
    """Yield (metric, what it is the loss of, figure) of every metric that has a curve."""
    if standing.reference is None:
        return
    reference = standing.reference.combination
    series = looks(standing)
    for name, metric in standing.experiment.metrics.items():
        if isinstance(metric, Loss | Rise):
            drawn = {each: band for each, band in bands(standing, name).items() if each in series}
            yield name, ", ".join(metric.sources), _chart(name, drawn, series, reference)


def bands(standing: Standing, metric: str) -> dict[str, Band]:
    """Return combination -> its mean at every validation that all its seeds have, ranked as final losses are."""
    at: dict[int, list[Result]] = {}
    for record in standing.records:
        if record.finished:
            for tokens, loss in record.finished.curves[metric]:
                at.setdefault(tokens, []).append(Result(record.point, {metric: loss}, tokens))
    seeds = {name: len(standing.finished(name)) for name in standing.combinations}
    found: dict[str, Band] = {}
    assert standing.reference is not None, "something is finished"
    reference = standing.reference.combination
    for tokens in _drawn(sorted(at)):
        compared = any(result.point.combination == reference for result in at[tokens])
        gaps = {g.combination: g for g in differences(at[tokens], metric, reference)} if compared else {}
        for place in rank(at[tokens], metric):
            if len(place.values) == seeds[place.combination]:
                band = found.setdefault(place.combination, Band([], [], []))
                band.tokens.append(tokens)
                band.places.append(place)
                band.gaps.append(gaps.get(place.combination))
    return found


def _drawn(tokens: list[int]) -> list[int]:
    if len(tokens) <= MOST_VALIDATIONS:
        return tokens
    return [tokens[i] for i in spread(len(tokens) - 1, MOST_VALIDATIONS - 1)] + tokens[-1:]


def _chart(metric: str, drawn: Mapping[str, Band], series: dict[str, int], reference: str) -> Chart:
    end = max(band.tokens[-1] for band in drawn.values())
    unit, axis = token_unit(end)
    compared = any(any(band.gaps) for band in drawn.values())

    def draw(figure: Figure, narrow: bool) -> None:
        rows = figure.subplots(1 + compared, 1, sharex=True, squeeze=False)[:, 0]
        for name, band in drawn.items():
            x = np.array(band.tokens) / unit
            _band(rows[0], x, [(place.mean, place.half_width) for place in band.places], series[name])
            told = [(at, (gap.mean, gap.half_width)) for at, gap in zip(x, band.gaps, strict=True) if gap]
            if told:
                _band(rows[1], np.array([at for at, _ in told]), [values for _, values in told], series[name])
        rows[0].set_title("held-out loss (nats per token)")
        if compared:
            rows[1].set_title(f"minus that of {shortened(reference, 34 if narrow else 70)}")
            rows[1].axhline(0, color=SERIES[series[reference]], linewidth=1.2)
        for axes in rows:
            finish(axes, end=end / unit, label=axis if axes is rows[-1] else None, narrow=narrow)

    ends = [f"{name} {band.places[-1].mean:.4f}" for name, band in drawn.items()]
    label = f"Held-out loss behind {metric} over {amount(end)} tokens; at the end: {', '.join(ends)}."
    legend = keys({name: number for name, number in series.items() if name in drawn})
    return chart(
        f"curve-{metric}", label, draw, height=320 + 240 * compared, narrow_height=270 + 190 * compared, keys=legend
    )


def _band(axes: Axes, x: npt.NDArray[np.float64], values: Sequence[tuple[float, float]], series: int) -> None:
    means, widths = np.array(values).T
    dashes = [float(part) / 2 for part in DASHES[series].split()]
    axes.fill_between(x, means - widths, means + widths, color=SERIES[series], alpha=0.13, linewidth=0)
    axes.plot(x, means, color=SERIES[series], linewidth=2, linestyle=(0, tuple(dashes)) if dashes else "solid")
