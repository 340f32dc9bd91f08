"""An inquiry: a law that an experiment asks about, with the names of what it is fitted to; settings with one verb.

It only reads evidence and never makes any. What cannot be said yet for want of data is `FitError`, whose text becomes
the finding, because an experiment is looked at many times before it is finished.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from curricula.settings import Settings
from pipeline.recipe_errors import near
from pipeline.tune.finding import FitReport
from pipeline.tune.laws.fitting import CONFIDENCE, Fit, Floats
from pipeline.yaml_file import Location

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.tune.evidence import Evidence
    from pipeline.tune.experiment import Experiment
    from pipeline.tune.finding import Finding

RESAMPLES = 100
"""Bootstrap samples behind every interval."""


class Inquiry(Settings):
    """The base of all inquiries."""

    title: ClassVar[str]
    """What it is called in reports."""

    @abstractmethod
    def problems(self, experiment: Experiment, folder: Path) -> Iterator[tuple[Location, str]]:
        """Yield what is wrong with its names: where among its keys, and what. Relative paths start at ``folder``."""

    @abstractmethod
    def find(self, evidence: Evidence) -> Finding:
        """Return what the law says; raise FitError where the finished points are too few for it."""


def metric_problem(experiment: Experiment, name: str, kinds: Iterable[str]) -> str | None:
    """Return what is wrong with the name of a metric that must be of one of the kinds, or None."""
    known = {metric: settings.kind for metric, settings in experiment.metrics.items()}
    if name not in known:
        return f"no such metric: {name}{near(name, list(known))}"
    if known[name] not in kinds:
        return f"{name} is a {known[name]} metric; the law is fitted to one of kind {' or '.join(kinds)}"
    return None


def share_problem(experiment: Experiment, name: str) -> str | None:
    """Return why a factor's labels cannot be read as shares, or None."""
    factors = experiment.factors
    if name not in factors:
        return f"no such factor: {name}{near(name, list(factors))}"
    factor = factors[name]
    if factor.kind == "shares":
        return f"{name} varies many shares; the law needs one number, the label of a level between 0 and 1"
    labels = [f"{factor.low:g}", f"{factor.high:g}"] if factor.kind == "range" else list(factor.listed)
    wrong = [label for label in labels if not _is_share(label)]
    if wrong:
        return f"labels of {name} are read as shares of new text, between 0 and 1; found {', '.join(wrong)}"
    return None


def _is_share(label: str) -> bool:
    try:
        return 0.0 <= float(label) <= 1.0
    except ValueError:
        return False


def report(fitted: Fit, of: str, rows: int) -> FitReport:
    """Return how well a fit agrees."""
    absolute = fitted.law.scale == "plain"
    return FitReport(
        fitted.law.name, of, rows, fitted.parameters, fitted.relative_error, fitted.held_out_error, absolute
    )


def middle(samples: Sequence[float] | Floats) -> tuple[float, float]:
    """Return the bounds of the middle 95 %; NaN without samples."""
    if not len(samples):
        return math.nan, math.nan
    low, high = np.quantile(samples, [0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2])
    return float(low), float(high)
