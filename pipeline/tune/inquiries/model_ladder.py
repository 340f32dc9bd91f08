"""The model ladder of an experiment: what small models of several sizes and lengths foretell of a larger one.

A rung is a size with a length, and counts with the loss at the end of its runs. Sizes are read from the recipes, so
that no label needs to say them. From the loss follows a second metric, such as the wrong answers of a task.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from pipeline.planning.compute import architecture_of
from pipeline.recipe_errors import near
from pipeline.tune.finding import Curve, Finding, Forecast, Plot
from pipeline.tune.inquiries.inquiry import RESAMPLES, Inquiry, metric_problem, middle, report
from pipeline.tune.laws.fitting import Fit, FitError, fit
from pipeline.tune.laws.ladder import ACCURACY, TASK_LOSS

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.recipe import Recipe
    from pipeline.tune.evidence import Evidence, Trial
    from pipeline.tune.experiment import Experiment
    from pipeline.yaml_file import Location

FEWEST_RUNGS = len(TASK_LOSS.parameters) + 1


@dataclass(frozen=True)
class _Rung:
    """One run, and the parameters of its model."""

    trial: Trial
    size: float

    @property
    def tokens(self) -> float:
        """Tokens that it trained on."""
        return float(self.trial.tokens)


class ModelLadder(Inquiry):
    """A task's loss at the size and length of the large run (arXiv 2412.04403)."""

    kind: Literal["model_ladder"] = "model_ladder"
    title: ClassVar[str] = "Model ladder"
    factors: tuple[str, ...] = Field(min_length=1)
    """Factors that vary the size of the model or the length of the run, and nothing that the loss should not have."""
    loss: str
    """The metric that falls with both: of kind ``answers`` (gold answers, as in the paper) or ``loss``."""
    wrong: str | None = None
    """A metric of kind ``lm_eval`` that follows from it."""

    def problems(self, experiment: Experiment, folder: Path) -> Iterator[tuple[Location, str]]:
        """Yield names that are not there or not of the kind that is needed."""
        for i, name in enumerate(self.factors):
            if name not in experiment.factors:
                yield ("factors", i), f"no such factor: {name}{near(name, list(experiment.factors))}"
        named = (("loss", self.loss, ("answers", "loss")), ("wrong", self.wrong, ("lm_eval",)))
        for key, metric, kinds in named:
            if metric is not None and (problem := metric_problem(experiment, metric, kinds)):
                yield (key,), problem

    def find(self, evidence: Evidence) -> Finding:
        """Return what the large run's size and length come to."""
        rungs, others = self._rungs(evidence)
        size = _size(evidence.target.recipe, evidence.target.run, evidence)
        units = _units(rungs)
        asked = {"size": size / units["size"], "tokens": evidence.target.tokens / units["tokens"]}
        loss = self._fit(rungs)
        wrong = self._fit_wrong(rungs)
        of = next((rung.trial.point.combination for rung in rungs if rung.trial.point.combination == evidence.best), "")
        forecasts = [_forecast(self.loss, loss, asked, of)]
        if self.wrong and wrong:
            forecasts.append(_forecast_wrong(self.wrong, wrong, loss, asked, of))
        said = tuple(self._say(rungs, others, size, evidence.target.tokens, forecasts, loss))
        reports = [report(loss, self.loss, len(rungs))]
        if self.wrong and wrong:
            reports.append(report(wrong, self.wrong, len(rungs)))
        return Finding(self.kind, self.title, said, reports, forecasts, (_plot(self.loss, rungs, loss, asked),))

    def _rungs(self, evidence: Evidence) -> tuple[list[_Rung], str]:
        """Return the runs that differ in the ladder's factors alone, and at which labels of the others they are."""
        trials, others = evidence.beside(self.factors)
        run = evidence.experiment.run
        rungs = [_Rung(trial, _size(trial.point.recipe, run, evidence)) for trial in trials]
        sizes, lengths = {rung.size for rung in rungs}, {rung.tokens for rung in rungs}
        places = {(rung.size, rung.tokens) for rung in rungs}
        if len(places) < FEWEST_RUNGS or min(len(sizes), len(lengths)) < 2:
            raise FitError(
                f"{len(places)} rungs of {len(sizes)} sizes and {len(lengths)} lengths are finished; a ladder needs "
                f"{FEWEST_RUNGS} of at least 2 sizes and 2 lengths"
            )
        return rungs, others

    def _fit(self, rungs: Sequence[_Rung], resamples: int = RESAMPLES) -> Fit:
        units = _units(rungs)
        inputs = {name: [getattr(rung, name) / unit for rung in rungs] for name, unit in units.items()}
        return fit(TASK_LOSS, inputs, [rung.trial.metrics[self.loss] for rung in rungs], resamples=resamples)

    def _fit_wrong(self, rungs: Sequence[_Rung]) -> Fit | None:
        if self.wrong is None:
            return None
        inputs = {"loss": [rung.trial.metrics[self.loss] for rung in rungs]}
        return fit(ACCURACY, inputs, [rung.trial.metrics[self.wrong] for rung in rungs], resamples=RESAMPLES)

    def _say(
        self, rungs: Sequence[_Rung], others: str, size: float, tokens: int, forecasts: Sequence[Forecast], loss: Fit
    ) -> Iterator[str]:
        at = f" at {others}" if others else ""
        told = "; ".join(
            f"{one.metric} {one.value:.4f} (95 % interval {one.low:.4f} to {one.high:.4f})" for one in forecasts
        )
        yield (
            f"A model of {size:,.0f} parameters after {tokens:,} tokens{at}, by {len(rungs)} runs of "
            f"{len({rung.size for rung in rungs})} sizes: {told}."
        )
        yield (
            f"The fit misses {self.loss} by {loss.relative_error:.2%}, held out by {loss.held_out_error:.2%}"
            f"{self._largest_left_out(rungs)}."
        )
        if beyond := dict.fromkeys(phrase for one in forecasts for phrase in one.beyond):
            yield f"This extrapolates: {'; '.join(beyond)}."

    def _largest_left_out(self, rungs: Sequence[_Rung]) -> str:
        """Return by how much a ladder without its largest size misses that size; empty where too little is left."""
        largest = max(rung.size for rung in rungs)
        rest = [rung for rung in rungs if rung.size < largest]
        if len({rung.size for rung in rest}) < 2 or len({(r.size, r.tokens) for r in rest}) < FEWEST_RUNGS:
            return ""
        fitted, units = self._fit(rest, resamples=0), _units(rest)
        gaps = []
        for rung in (rung for rung in rungs if rung.size == largest):
            at = {name: getattr(rung, name) / unit for name, unit in units.items()}
            gaps.append(fitted.predict(**at, extrapolate=True) / rung.trial.metrics[self.loss] - 1)
        return f"; the largest size, foretold by the smaller ones, by {float(np.sqrt(np.mean(np.square(gaps)))):.2%}"


def _units(rungs: Sequence[_Rung]) -> dict[str, float]:
    """Return the largest size and length, by which the law's inputs are divided so that its constants are near 1."""
    return {"size": max(rung.size for rung in rungs), "tokens": max(rung.tokens for rung in rungs)}


def _size(recipe: Recipe, run: str, evidence: Evidence) -> float:
    """Return the parameters of the model that a run trains."""
    architecture = architecture_of(recipe, run, evidence.data)
    if architecture is None:
        raise FitError(f"the size of the model of run {run} is not known: its checkpoint has no config.json yet")
    return float(architecture.parameters())


def _forecast(metric: str, loss: Fit, asked: dict[str, float], of: str) -> Forecast:
    low, high = loss.interval(**asked, extrapolate=True)
    return Forecast(metric, loss.predict(**asked, extrapolate=True), low, high, _beyond(loss, asked), of)


def _forecast_wrong(metric: str, wrong: Fit, loss: Fit, asked: dict[str, float], of: str) -> Forecast:
    """Return the second step's number: of the loss that the first one foretells, through both bootstraps."""
    expected = loss.predict(**asked, extrapolate=True)
    at = {name: np.array([value]) for name, value in asked.items()}
    losses = [loss.law.formula(values, at) for values in loss.resampled]
    pairs = zip(losses, wrong.resampled, strict=True)
    low, high = middle([float(wrong.law.formula(values, {"loss": told})[0]) for told, values in pairs])
    beyond = (*_beyond(loss, asked), *wrong.outside({"loss": expected}))
    return Forecast(metric, wrong.predict(loss=expected, extrapolate=True), low, high, beyond, of)


def _beyond(loss: Fit, asked: dict[str, float]) -> tuple[str, ...]:
    return tuple(f"{phrase} (in those of the largest rung)" for phrase in loss.outside(asked))


def _plot(metric: str, rungs: Sequence[_Rung], loss: Fit, asked: dict[str, float]) -> Plot:
    """Return the loss over tokens, with a line for each size and for the large run's."""
    units, curves = _units(rungs), []
    longest = max(asked["tokens"] * units["tokens"], units["tokens"])
    where = np.geomspace(min(rung.tokens for rung in rungs), longest, 40).tolist()
    for size in sorted({*(rung.size for rung in rungs), asked["size"] * units["size"]}):
        label = f"{size:,.0f} parameters"
        if seen := sorted((rung.tokens, rung.trial.metrics[metric]) for rung in rungs if rung.size == size):
            x, y = zip(*seen, strict=True)
            curves.append(Curve(label, x, y, measured=True))
        at = ({"size": size / units["size"], "tokens": tokens / units["tokens"]} for tokens in where)
        curves.append(Curve(f"{label}, fitted", where, [loss.predict(**one, extrapolate=True) for one in at]))
    return Plot(f"{metric} over tokens", "tokens", metric, curves)
