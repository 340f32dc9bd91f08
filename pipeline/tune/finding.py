"""A finding: what a law says about an experiment, in the three forms that people read: sentences, numbers, plots.

Laws fill it in and everything else (terminal, recommendation, report) only shows it, so that no two places can tell
the same fit differently. A law that cannot be fitted yet is a finding too, with nothing but a sentence that says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Curve:
    """One line of a plot, or the points it was fitted to."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] | None = None
    """Lower end of the 95 % band at every x; None without a band."""
    high: Sequence[float] | None = None
    measured: bool = False
    """Whether these are measured points and not a fitted line."""


@dataclass(frozen=True)
class Plot:
    """Curves over one pair of axes."""

    title: str
    x_label: str
    y_label: str
    curves: Sequence[Curve]


@dataclass(frozen=True)
class FitReport:
    """How well a law agrees with what it was fitted to."""

    law: str
    of: str
    """What was fitted: a metric, or a metric at one level."""
    rows: int
    """Data points."""
    parameters: Mapping[str, float]
    relative_error: float
    """Root mean square of (prediction - data) / data."""
    held_out_error: float
    """The same over rows that a fit had not seen; NaN with too few rows."""
    absolute: bool = False
    """Whether both errors are of prediction - data instead, in the metric's unit: of laws whose data may be 0."""


@dataclass(frozen=True)
class Forecast:
    """A number that was not measured."""

    metric: str
    value: float
    low: float
    """Lower end of the 95 % interval; NaN where none could be found."""
    high: float
    beyond: Sequence[str] = ()
    """A phrase for everything in which it lies outside of the data; empty where it lies within."""
    of: str = ""
    """The combination that it is about, or a mixture that was not tried."""


@dataclass(frozen=True)
class Finding:
    """What one law of an experiment says."""

    kind: str
    """The law's kind, as an experiment writes it."""
    title: str
    statements: Sequence[str]
    """Sentences, the answer first; of a law that could not be fitted, the reason."""
    fits: Sequence[FitReport] = ()
    forecasts: Sequence[Forecast] = ()
    """For the large run."""
    plots: Sequence[Plot] = ()
    would_change: Sequence[str] = ()
    """Those of its sentences that speak for another decision, or would with other bounds; for the recommendation."""
