"""Fitting: many starts of least squares under a Huber loss, with what is needed to judge the outcome.

The recipe of Hoffmann et al. (arXiv 2203.15556, section 3.3) and of nearly every law after it: losses are compared on
a logarithmic scale, points far off count linearly. A fit knows where its data lie, and outside of that it says so
instead of just answering.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pipeline import seeds

Floats = npt.NDArray[np.float64]
Inputs = Mapping[str, Floats]
"""Name of an input -> its values, all of one length."""

STARTS = 6
"""Searches from the starts that fit best as they are; the others are only looked at."""
FOLLOWED = 2
"""Of the searches, how many are followed to the narrowest Huber loss: those with the least sum of differences."""
WIDTHS = (1000.0, 100.0, 30.0, 10.0, 3.0, 1.0)
"""Of the Huber loss, in a law's ``delta``: a narrow one is flat far from its data, so searches come from a wide one."""
FOLDS = 8
CONFIDENCE = 0.95


class FitError(ValueError):
    """There are too few data for a law, or they are such as it cannot take; the text says which and what would help."""


@dataclass(frozen=True)
class Law:
    """A formula with parameters to be found."""

    name: str
    parameters: tuple[str, ...]
    formula: Callable[[Floats, Inputs], Floats]
    """(parameters, inputs) -> prediction, one for each row."""
    starts: tuple[tuple[float, ...], ...]
    """Where the search begins, in the order of ``parameters``."""
    scale: Literal["logarithmic", "plain"] = "logarithmic"
    """On which differences are taken; plain where predictions may be 0 or less."""
    delta: float = 1e-3
    """Differences beyond this count linearly."""


@dataclass(frozen=True)
class Fit:
    """A law with its parameters, and how well they agree with the data."""

    law: Law
    values: Floats
    relative_error: float
    """Root mean square of (prediction - data) / data; of a law on the plain scale, of prediction - data."""
    held_out_error: float
    """The same for data that the parameters were not fitted to: every row once; NaN where there are too few rows."""
    resampled: Floats
    """One row of parameters for every bootstrap sample, shape [samples, parameters]; empty without bootstrap."""
    ranges: Mapping[str, tuple[float, float]]
    """Input -> smallest and largest value of the data."""

    @property
    def parameters(self) -> dict[str, float]:
        """Name -> value."""
        return dict(zip(self.law.parameters, map(float, self.values), strict=True))

    def outside(self, inputs: Mapping[str, float]) -> list[str]:
        """Return a phrase for every input that lies outside of the data."""
        return [
            f"{name} is {inputs[name]:.4g}, the data go from {low:.4g} to {high:.4g}"
            for name, (low, high) in self.ranges.items()
            if not low - _slack(low, high) <= inputs[name] <= high + _slack(low, high)
        ]

    def predict(self, *, extrapolate: bool = False, **inputs: float) -> float:
        """Return the law's value; raise ValueError outside of the data unless ``extrapolate`` says that it is meant."""
        if (beyond := self.outside(inputs)) and not extrapolate:
            raise ValueError(f"{self.law.name}: outside of what it was fitted to: {'; '.join(beyond)}")
        return float(self.law.formula(self.values, _one_row(inputs))[0])

    def interval(self, *, extrapolate: bool = False, **inputs: float) -> tuple[float, float]:
        """Return the bounds of the bootstrap's middle 95 %; NaN where there was none. Refuses as `predict` does."""
        self.predict(extrapolate=extrapolate, **inputs)
        if not len(self.resampled):
            return math.nan, math.nan
        told = [float(self.law.formula(values, _one_row(inputs))[0]) for values in self.resampled]
        low, high = np.quantile(told, [0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2])
        return float(low), float(high)


def fit(
    law: Law,
    inputs: Mapping[str, Sequence[float]],
    data: Sequence[float],
    *,
    resamples: int = 0,
    groups: Sequence[Hashable] | None = None,
) -> Fit:
    """Fit a law to rows of inputs and data; raise FitError where there are fewer rows than parameters.

    ``resamples`` is how many bootstrap samples (rows drawn with replacement) the intervals come from; they and the
    held-out error begin at the parameters of all data, so each costs one search. Rows of one of the ``groups``, such
    as a seed, are drawn together, for they err together; one group alone gives no intervals. Fits with as many
    groups draw the same ones, so that their samples can be combined.
    """
    columns = {name: np.asarray(values, dtype=np.float64) for name, values in inputs.items()}
    wanted = np.asarray(data, dtype=np.float64)
    if len(wanted) < len(law.parameters):
        raise FitError(f"{law.name}: {len(wanted)} points cannot decide {len(law.parameters)} parameters")
    values = _search(law, columns, wanted)
    told = law.formula(values, columns)
    ranges = {name: (float(column.min()), float(column.max())) for name, column in columns.items()}
    held_out = _held_out(law, columns, wanted, values)
    whole = _as_rows(range(len(wanted)) if groups is None else groups)
    resampled = _bootstrap(law, columns, wanted, values, resamples, whole)
    return Fit(law, values, _error(law, told, wanted), held_out, resampled, ranges)


def _search(law: Law, inputs: Inputs, wanted: Floats) -> Floats:
    """Return the best parameters that any of the most promising starts leads to."""

    def miss(values: Floats) -> float:
        return float(np.abs(_gaps(values, law, inputs, wanted)).sum())

    with np.errstate(all="ignore"):
        promising = sorted(map(np.array, law.starts), key=miss)[:STARTS]
    # A far outlier leads the widest loss astray, so each start is followed from a narrower one, too.
    tried = (_descend(law, inputs, wanted, start, (width,)) for start in promising for width in (WIDTHS[0], WIDTHS[3]))
    followed = sorted(tried, key=lambda found: miss(found.x))[:FOLLOWED]
    best = min((_descend(law, inputs, wanted, found.x, WIDTHS[1:]) for found in followed), key=lambda found: found.cost)
    if best.cost >= _IMPOSSIBLE:
        raise FitError(f"{law.name}: no start led anywhere; the data may hold numbers that the law cannot take")
    return np.asarray(best.x, dtype=np.float64)


def _descend(
    law: Law, inputs: Inputs, wanted: Floats, values: Floats, widths: Sequence[float], steps: int = 200
) -> Any:
    """Return what scipy finds from some parameters with one Huber loss after the other."""
    from scipy.optimize import least_squares

    found: Any = None
    with np.errstate(all="ignore"):
        for width in widths:
            found = least_squares(
                _gaps,
                values if found is None else found.x,
                jac=_slopes,
                args=(law, inputs, wanted),
                loss="huber",
                f_scale=width * law.delta,
                x_scale="jac",
                max_nfev=steps,
            )
    return found


_IMPOSSIBLE = 1e6


def _gaps(values: Floats, law: Law, inputs: Inputs, wanted: Floats) -> Floats:
    """Return by how much each row is missed, on the law's scale; very much where the law gives no number there."""
    told = law.formula(values, inputs)
    gaps = np.log(told / wanted) if law.scale == "logarithmic" else told - wanted
    return np.where(np.isfinite(gaps), gaps, _IMPOSSIBLE)


def _slopes(values: Floats, law: Law, inputs: Inputs, wanted: Floats) -> Floats:
    """Return how each row's gap changes with each parameter, [rows, parameters], by small differences."""
    here, steps = _gaps(values, law, inputs, wanted), 1.5e-8 * np.maximum(1.0, np.abs(values))
    moved = (_gaps(values + step, law, inputs, wanted) for step in np.diag(steps))
    return np.stack([there - here for there in moved], axis=-1) / steps


def _held_out(law: Law, inputs: Inputs, wanted: Floats, values: Floats) -> float:
    """Return the error of every row under parameters that were fitted to other parts of the rows."""
    if len(wanted) <= len(law.parameters):
        return math.nan
    told = np.empty_like(wanted)
    part = np.arange(len(wanted)) % FOLDS
    for i in range(min(FOLDS, len(wanted))):
        found = _again(law, _rows(inputs, part != i), wanted[part != i], values)
        told[part == i] = law.formula(found, _rows(inputs, part == i))
    return _error(law, told, wanted)


def _bootstrap(
    law: Law, inputs: Inputs, wanted: Floats, values: Floats, resamples: int, groups: Sequence[npt.NDArray[np.intp]]
) -> Floats:
    if len(groups) < 2:
        return np.empty((0, len(values)))
    generator = seeds.generator(0, "bootstrap", len(groups))
    # Few groups come in few combinations, so each is fitted once.
    known: dict[tuple[int, ...], Floats] = {}
    found = np.empty((resamples, len(values)))
    for i in range(resamples):
        drawn = tuple(sorted(generator.integers(0, len(groups), len(groups)).tolist()))
        if drawn not in known:
            rows = np.concatenate([groups[g] for g in drawn])
            known[drawn] = _again(law, _rows(inputs, rows), wanted[rows], values)
        found[i] = known[drawn]
    return found


def _again(law: Law, inputs: Inputs, wanted: Floats, values: Floats) -> Floats:
    """Return the parameters for other rows of the same data, a short way from those of all rows."""
    found = _descend(law, inputs, wanted, values, WIDTHS[-3:], 60)
    return np.asarray(found.x, dtype=np.float64)


def _as_rows(groups: Sequence[Hashable]) -> list[npt.NDArray[np.intp]]:
    """Return the rows of every group, in the order in which groups come up."""
    rows: dict[Hashable, list[int]] = {}
    for i, group in enumerate(groups):
        rows.setdefault(group, []).append(i)
    return [np.array(found, dtype=np.intp) for found in rows.values()]


def _rows(inputs: Inputs, which: npt.NDArray[Any]) -> dict[str, Floats]:
    return {name: column[which] for name, column in inputs.items()}


def _error(law: Law, told: Floats, wanted: Floats) -> float:
    """Return the root mean square error, relative but on the plain scale: there data may be 0."""
    gaps = told - wanted if law.scale == "plain" else (told - wanted) / wanted
    return float(np.sqrt(np.mean(gaps**2)))


def _one_row(inputs: Mapping[str, float]) -> dict[str, Floats]:
    return {name: np.array([value], dtype=np.float64) for name, value in inputs.items()}


def _slack(low: float, high: float) -> float:
    """Return what rounding may add to either end."""
    return 1e-9 * max(abs(low), abs(high), high - low)
