"""An inquiry about a swarm: a law for each metric, and the shares that make their weighted sum lowest.

The answer is a mixture that nobody has run, so it is held against the best one that was run: both by the law, and with
an interval for their difference from the same bootstrap samples of mixtures. Rankings of mixtures are taken to carry
over from small runs to the large one; their losses do not.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np
from pydantic import Field, model_validator

from curricula.settings import Share
from mixtures.static import must_sum_to_one
from pipeline.errors import UserError
from pipeline.recipe_errors import near
from pipeline.tune.factors import Shares
from pipeline.tune.finding import Curve, Finding, FitReport, Forecast, Plot
from pipeline.tune.inquiries.inquiry import Inquiry, metric_problem, middle
from pipeline.tune.laws.fitting import FitError, Floats
from pipeline.tune.sizes import largest_shares
from pipeline.tune.swarm import Run, Swarm, read_swarm, swarm_of

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.tune.evidence import Evidence
    from pipeline.tune.experiment import Experiment
    from pipeline.yaml_file import Location

KINDS = ("loss", "answers", "induction", "lm_eval")
"""Metrics above 0, as the laws' are."""


class MixtureLaw(Protocol):
    """One metric over mixtures."""

    def loss(self, mixture: Mapping[str, float]) -> float:
        """Return the expected value."""

    def resampled(self, mixture: Mapping[str, float]) -> Floats:
        """Return it by every bootstrap sample; laws of as many mixtures share their samples."""

    def outside(self, mixture: Mapping[str, float]) -> list[str]:
        """Return a phrase for every share that lies outside of those tried."""


class SwarmInquiry(Inquiry):
    """The base of inquiries for the best mixture: which runs, which sum, and how often sources may be read."""

    kind: str
    by: ClassVar[str]
    """What its laws are called in a sentence."""
    factor: str | None = None
    """A factor of kind ``shares``, whose points are the swarm."""
    swarm: str | None = None
    """A folder with ``ratios.csv`` and ``metrics.csv`` of runs made elsewhere, in place of ``factor``."""
    weights: dict[str, float] = Field(min_length=1)
    """Metric -> its weight in the sum that shall be low; of a swarm from elsewhere, columns of ``metrics.csv``."""
    epochs: float = Field(default=4.0, gt=0.0)
    """Most times that the large run may read a source."""
    prior: dict[str, Share] = {}
    """Shares around which is searched; the factor's own where empty, or equal ones."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.factor is None) == (self.swarm is None):
            raise ValueError("either factor (own points) or swarm (a folder with two tables) is needed, and not both")
        if min(self.weights.values()) < 0 or max(self.weights.values()) <= 0:
            raise ValueError("weights are 0 or more, and one of them is above 0")
        if self.prior:
            must_sum_to_one(self.prior)
        return self

    def problems(self, experiment: Experiment, folder: Path) -> Iterator[tuple[Location, str]]:
        """Yield names that are not there, and what is wrong with tables."""
        names: Sequence[str] = ()
        if self.factor is not None:
            factor = experiment.factors.get(self.factor)
            if not isinstance(factor, Shares):
                allowed = [name for name, found in experiment.factors.items() if isinstance(found, Shares)]
                yield ("factor",), f"{self.factor} is no factor of kind shares{near(self.factor, allowed)}"
                return
            names = factor.of
            wrong = {m: told for m in self.weights if (told := metric_problem(experiment, m, KINDS))}
        else:
            assert self.swarm is not None
            try:
                swarm = read_swarm(folder / self.swarm)
            except UserError as error:
                yield ("swarm",), str(error)
                return
            names, known = swarm.names, list(swarm.runs[0].metrics) if swarm.runs else []
            wrong = {m: f"no such column in metrics.csv: {m}{near(m, known)}" for m in self.weights if m not in known}
        yield from ((("weights", metric), told) for metric, told in wrong.items())
        if self.prior and set(self.prior) != set(names):
            yield ("prior",), f"needs a share for each of {', '.join(names)}"

    def find(self, evidence: Evidence) -> Finding:
        """Return the best mixture, and what it is expected to gain over the best one that was run."""
        swarm = self._swarm(evidence)
        weights = {metric: weight for metric, weight in self.weights.items() if weight > 0}
        runs = swarm.pooled(list(weights))
        laws = {metric: self._law(metric, runs) for metric in weights}
        field = self._factor(evidence).field if self.factor else None
        most, unbounded = largest_shares(evidence.target, swarm.names, field, self.epochs)
        prior = self._prior(evidence, swarm)
        answer = _Answer(laws, weights, self.best(laws, weights, prior, most), runs, most)
        said = tuple(self._say(answer))
        return Finding(
            self.kind,
            self.title,
            (*said, *self.say_fit(laws, runs), *self._say_limits(evidence, swarm, unbounded)),
            tuple(self.report(law, metric, runs) for metric, law in laws.items()),
            tuple(self._forecasts(evidence, answer)),
            tuple(_plot(metric, law, runs) for metric, law in laws.items()),
            said,
        )

    @abstractmethod
    def law(self, mixtures: Sequence[Mapping[str, float]], losses: Sequence[float]) -> MixtureLaw:
        """Fit one metric; raise FitError where the mixtures are too few."""

    @abstractmethod
    def best(
        self,
        laws: Mapping[str, Any],
        weights: Mapping[str, float],
        prior: Mapping[str, float],
        most: Mapping[str, float],
    ) -> dict[str, float]:
        """Return the shares with the lowest weighted sum, none above ``most``; raise FitError where there are none."""

    @abstractmethod
    def report(self, law: Any, metric: str, runs: Sequence[Run]) -> FitReport:
        """Return how well one metric's law agrees."""

    def say_fit(self, laws: Mapping[str, Any], runs: Sequence[Run]) -> Iterator[str]:
        """Yield what else there is to say of the fits."""
        yield from ()

    def _factor(self, evidence: Evidence) -> Shares:
        factor = evidence.experiment.factors[self.factor or ""]
        assert isinstance(factor, Shares), "others are refused when the experiment is read"
        return factor

    def _swarm(self, evidence: Evidence) -> Swarm:
        return read_swarm(evidence.folder / self.swarm) if self.swarm else swarm_of(evidence, self.factor or "")

    def _prior(self, evidence: Evidence, swarm: Swarm) -> dict[str, float]:
        if self.prior:
            return dict(self.prior)
        written = self._factor(evidence).prior if self.factor else ()
        shares = written or (1.0,) * len(swarm.names)
        return {name: share / math.fsum(shares) for name, share in zip(swarm.names, shares, strict=True)}

    def _law(self, metric: str, runs: Sequence[Run]) -> MixtureLaw:
        if not runs:
            raise FitError("no run of the swarm is finished")
        try:
            losses = [run.metrics[metric] for run in runs]
            return self.law([run.mixture for run in runs], losses)
        except FitError as error:
            raise FitError(f"{metric}: {error}") from error

    def _say(self, answer: _Answer) -> Iterator[str]:
        weights = ", ".join(f"{metric} x {weight:g}" for metric, weight in answer.weights.items())
        yield f"Lowest sum of {weights} by {self.by} over {len(answer.runs)} mixtures: {told_mixture(answer.shares)}."
        tried = answer.tried
        low, high = middle(answer.totals(answer.shares))
        expected = f"It was not run. Expected: {answer.total(answer.shares):.4f} ({low:.4f} to {high:.4f})"
        if tried is None:
            yield f"{expected}; every mixture that was run reads some source more than {self.epochs:g} times."
            return
        gain = middle(answer.totals(answer.shares) - answer.totals(tried.mixture))
        beyond = "beyond noise" if gain[1] < 0 else "within noise"
        yield (
            f"{expected}; of the best that was run, {tried.name}: {answer.total(tried.mixture):.4f} by the {self.by}, "
            f"{answer.measured(tried):.4f} measured. Difference by the {self.by} {gain[0]:+.4f} to {gain[1]:+.4f}, "
            f"{beyond}."
        )

    def _say_limits(self, evidence: Evidence, swarm: Swarm, unbounded: Sequence[str]) -> Iterator[str]:
        known = [name for name in swarm.names if name not in unbounded]
        if known:
            yield (
                f"The large run ({evidence.target.tokens:,} tokens) then reads {', '.join(known)} at most "
                f"{self.epochs:g} times."
            )
        if unbounded:
            yield f"No size is known of {', '.join(unbounded)}: how often the large run reads them is not bounded."
        if swarm.alone:
            yield f"{swarm.alone} rows were left out, for only one of both tables has them."

    def _forecasts(self, evidence: Evidence, answer: _Answer) -> Iterator[Forecast]:
        if self.swarm:
            length = "how long the swarm's runs were is not known; losses are theirs"
        else:
            length = f"losses are of {evidence.tokens:,} tokens, the large run has {evidence.target.tokens:,}"
        longer = [length] if self.swarm or evidence.target.tokens > evidence.tokens else []
        for metric, law in answer.laws.items():
            low, high = middle(law.resampled(answer.shares))
            beyond = ("the mixture was not run", *law.outside(answer.shares), *longer)
            yield Forecast(metric, law.loss(answer.shares), low, high, beyond, told_mixture(answer.shares))


@dataclass(frozen=True)
class _Answer:
    """A mixture, and what it was found with."""

    laws: Mapping[str, MixtureLaw]
    weights: Mapping[str, float]
    shares: Mapping[str, float]
    runs: Sequence[Run]
    most: Mapping[str, float]

    def total(self, mixture: Mapping[str, float]) -> float:
        """Return the weighted sum that the laws expect."""
        return math.fsum(weight * self.laws[metric].loss(mixture) for metric, weight in self.weights.items())

    def totals(self, mixture: Mapping[str, float]) -> Floats:
        """Return it for every bootstrap sample, which are the same for all metrics."""
        parts = [weight * self.laws[metric].resampled(mixture) for metric, weight in self.weights.items()]
        return np.asarray(np.sum(parts, axis=0), dtype=np.float64)

    def measured(self, run: Run) -> float:
        """Return the weighted sum that was measured."""
        return math.fsum(weight * run.metrics[metric] for metric, weight in self.weights.items())

    @property
    def tried(self) -> Run | None:
        """The best that was measured, of those that the large run could read; None without one."""
        kept = [run for run in self.runs if all(run.mixture[name] <= bound + 1e-9 for name, bound in self.most.items())]
        return min(kept, key=self.measured, default=None)


def told_mixture(shares: Mapping[str, float]) -> str:
    """Return a mixture in words."""
    return ", ".join(f"{name} {share:.3f}" for name, share in shares.items())


def _plot(metric: str, law: MixtureLaw, runs: Sequence[Run]) -> Plot:
    """Return what was measured over what the law says; a good law has all points on the line."""
    rows = sorted((law.loss(run.mixture), run.metrics[metric]) for run in runs)
    x, y = zip(*rows, strict=True)
    ends = (min(*x, *y), max(*x, *y))
    line = Curve("equal", ends, ends)
    return Plot(f"{metric}: law against runs", "by the law", "measured", (Curve("mixtures", x, y, measured=True), line))
