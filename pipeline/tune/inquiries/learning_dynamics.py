"""Learning dynamics of an experiment: what losses the large run ends with, by the curves of the small ones.

Fitted to the runs that read the same text as the recommended combination: all seeds, and other combinations where only
the learning rate or the length differs, for the law holds over any schedule but for one mixture. It knows nothing of
the size of models or batches; where the large run has others, the forecast says that it is not about them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import model_validator

from pipeline.tune.finding import Curve, Finding, Forecast, Plot
from pipeline.tune.inquiries.choice import Choice
from pipeline.tune.inquiries.inquiry import RESAMPLES, Inquiry, metric_problem, report, share_problem
from pipeline.tune.laws.fitting import FitError, Floats, Law
from pipeline.tune.laws.learning_dynamics import (
    NEW_TEXT,
    NEW_TEXT_OF_SHARE,
    OLD_TEXT,
    OLD_TEXT_OF_SHARE,
    Dynamics,
    fit_dynamics,
    miss,
)
from pipeline.tune.metrics import Rise
from pipeline.tune.schedules import rate_before, rates_of

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.recipe import Recipe
    from pipeline.tune.evidence import Evidence, Trial
    from pipeline.tune.experiment import Experiment
    from pipeline.tune.points import Point
    from pipeline.yaml_file import Location

PLOTTED = 120
"""Places at which lines are drawn."""
FEWEST_SHARES = 3
"""Of new text, for a law over them."""


@dataclass(frozen=True)
class _Fitted:
    """One metric's fit and the run it is asked about."""

    metric: str
    dynamics: Dynamics
    rows: int
    offset: float
    """Added to losses to give the metric: the loss at the start, negative, for a rise; else 0."""
    forecast: Forecast


class LearningDynamics(Inquiry):
    """The loss at every step of the large run's schedule (arXiv 2505.07796)."""

    kind: Literal["learning_dynamics"] = "learning_dynamics"
    title: ClassVar[str] = "Learning dynamics"
    new: tuple[str, ...] = ()
    """Metrics of kind ``loss`` or ``rise`` over text that the change of data brings nearer."""
    general: tuple[str, ...] = ()
    """The same over text that it leads away from."""
    weights: dict[str, float] = {}
    """Metric of those above -> its weight in the sum for which learning rates are chosen; empty: none are."""
    factor: str | None = None
    """Whose labels are shares of new text, such as ``"0.2"``: the law then is over them, and says what to replay."""
    combination: str | None = None
    """About which combination, such as ``ratio=0.2``; the recommended one where it is left out."""

    @model_validator(mode="after")
    def _some(self) -> LearningDynamics:
        if not self.new and not self.general:
            raise ValueError("new and general are both empty; name the metrics that are to be foretold")
        if unknown := [name for name in self.weights if name not in (*self.new, *self.general)]:
            raise ValueError(f"weights are of metrics under new or general; found {', '.join(unknown)}")
        return self

    def problems(self, experiment: Experiment, folder: Path) -> Iterator[tuple[Location, str]]:
        """Yield metrics that are not there or have no curve."""
        if self.factor is not None and (problem := share_problem(experiment, self.factor)):
            yield ("factor",), problem
        for key, names in (("new", self.new), ("general", self.general)):
            for i, name in enumerate(names):
                if problem := metric_problem(experiment, name, ("loss", "rise")):
                    yield (key, i), problem
                elif key == "general" and name in self.new:
                    yield (key, i), f"{name} stands under new, too; text is either new or general"

    def find(self, evidence: Evidence) -> Finding:
        """Return a forecast of every metric at the end of the large run."""
        point, trials = self._runs(evidence)
        recommended = evidence.recommended(point)
        rates = rates_of(recommended.runs[evidence.target.run])
        found = [self._fit(evidence, name, point, trials, rates) for name in (*self.new, *self.general)]
        shares = self._shares(trials)
        chosen = self._choose(recommended, evidence.target.run, found, shares)
        if shares:
            chosen += tuple(self._replayed(evidence, found, rates, np.linspace(min(shares), max(shares), 81).tolist()))
        return Finding(
            self.kind,
            self.title,
            (*self._say(evidence, point, trials, found), *chosen),
            tuple(report(one.dynamics.fitted, one.metric, one.rows) for one in found),
            tuple(one.forecast for one in found),
            tuple(plot for one in found for plot in self._plots(evidence, one, point, trials, rates)),
            chosen,
        )

    def _choose(
        self, recipe: Recipe, run: str, found: Sequence[_Fitted], shares: Sequence[float] | None
    ) -> tuple[str, ...]:
        if not self.weights:
            return ()
        dynamics = {one.metric: one.dynamics for one in found}
        choice = Choice(dynamics, self.weights, recipe.runs[run], rate_before(recipe, run))
        return (*choice.say(), *(choice.say_replay(min(shares), max(shares)) if shares else ()))

    def _replayed(
        self, evidence: Evidence, found: Sequence[_Fitted], rates: Floats, shares: Sequence[float]
    ) -> Iterator[str]:
        """Yield the least replay with which the large run keeps each bound of the decision."""
        then = rate_before(evidence.target.recipe, evidence.target.run)
        for one in found:
            if (bound := evidence.experiment.decide.at_most.get(one.metric)) is None:
                continue
            ends = {share: replace(one.dynamics, share=share).losses(rates, before=then)[-1] for share in shares}
            kept = [share for share, end in ends.items() if float(end) + one.offset <= bound]
            told = f"up to {max(kept):.3g}" if kept else f"less than {min(shares):g}, the smallest that was tried"
            yield f"Share of new text with which {one.metric} is at most {bound:g} at the end: {told}; replay the rest."

    def _shares(self, trials: Sequence[Trial]) -> list[float] | None:
        """Return the share of new text of every run; None without a factor that says it."""
        return None if self.factor is None else [float(trial.point.levels[self.factor]) for trial in trials]

    def _runs(self, evidence: Evidence) -> tuple[Point, list[Trial]]:
        """Return the point that is asked about, and the trials that read the same text."""
        wanted = self.combination or evidence.best
        if wanted is None:
            raise FitError("no combination is recommended; name one (combination)")
        point = next((trial.point for trial in evidence.trials if trial.point.combination == wanted), None)
        if point is None:
            known = dict.fromkeys(trial.point.combination for trial in evidence.trials)
            raise FitError(f"no run of {wanted} is finished (finished: {', '.join(known)})")
        text = self._text(point, evidence)
        same = [trial for trial in evidence.trials if self._text(trial.point, evidence) == text]
        if self.factor is None:
            return point, same
        if self.factor not in point.levels:
            raise FitError(f"{wanted} has no share of new text by {self.factor}; name a combination that has one")
        same = [trial for trial in same if self.factor in trial.point.levels]
        if (shares := len({trial.point.levels[self.factor] for trial in same})) < FEWEST_SHARES:
            raise FitError(f"{shares} shares of new text were tried; replay needs at least {FEWEST_SHARES}")
        return point, same

    def _text(self, point: Point, evidence: Evidence) -> dict[str, Any]:
        """Return the changes of a point that the law does not know how to tell from each other."""
        levels = evidence.experiment.factors[self.factor].listed if self.factor else {}
        known = {field for changes in levels.values() for field in changes} if self.factor in point.levels else set()
        return {f: v for f, v in _apart_from_schedule(point, evidence.experiment.run).items() if f not in known}

    def _fit(self, evidence: Evidence, name: str, point: Point, trials: list[Trial], rates: Floats) -> _Fitted:
        law = self._law(name)
        before = rate_before(point.recipe, evidence.experiment.run)
        curves = [evidence.losses(name, trial) for trial in trials]
        runs = [_run(evidence, name, trial) for trial in trials]
        seeds = [trial.point.seed for trial in trials]
        try:
            dynamics = fit_dynamics(
                law, runs, before=before, shares=self._shares(trials), resamples=RESAMPLES, groups=seeds
            )
        except FitError as error:
            raise FitError(f"{name}: {error}") from error
        if self.factor is not None:
            dynamics = replace(dynamics, share=float(point.levels[self.factor]))
        rise = isinstance(evidence.experiment.metrics[name], Rise)
        offset = -float(np.mean([curve[0][1] for curve in curves])) if rise else 0.0
        then = rate_before(evidence.target.recipe, evidence.target.run)
        end = float(dynamics.losses(rates, before=then)[-1]) + offset
        low, high = (float(band[-1]) + offset for band in dynamics.band(rates, before=then))
        outside = [_in_words(phrase) for phrase in dynamics.outside(rates, before=then)]
        beyond = (*outside, *evidence.elsewhere(point))
        forecast = Forecast(name, end, low, high, beyond, point.combination)
        return _Fitted(name, dynamics, sum(map(len, curves)), offset, forecast)

    def _law(self, name: str) -> Law:
        if self.factor is not None:
            return NEW_TEXT_OF_SHARE if name in self.new else OLD_TEXT_OF_SHARE
        return NEW_TEXT if name in self.new else OLD_TEXT

    def _unseen(self, evidence: Evidence, name: str, point: Point, trials: list[Trial]) -> dict[str, float]:
        """Return combination -> error on its curves when only the others' were fitted to, where these suffice."""
        before, found = rate_before(point.recipe, evidence.experiment.run), {}
        if self.factor is not None:  # what is left out would be a share, not a schedule
            return {}
        for left_out in dict.fromkeys(trial.point.combination for trial in trials):
            rest = [_run(evidence, name, trial) for trial in trials if trial.point.combination != left_out]
            mine = [_run(evidence, name, trial) for trial in trials if trial.point.combination == left_out]
            if rest:
                with suppress(FitError):
                    found[left_out] = miss(self._law(name), rest, mine, before=before)
        return found

    def _say(self, evidence: Evidence, point: Point, trials: list[Trial], found: Sequence[_Fitted]) -> Iterator[str]:
        combinations = dict.fromkeys(trial.point.combination for trial in trials)
        yield (
            f"At the end of the large run ({evidence.target.tokens:,} tokens) with {point.combination}, by the curves "
            f"of {len(trials)} runs of {', '.join(combinations)}:"
        )
        for one in found:
            told, fitted = one.forecast, one.dynamics.fitted
            yield (
                f"{one.metric} {told.value:.4f} ({_interval(told)}); the fit misses its {one.rows} losses by "
                f"{fitted.relative_error:.2%}, held out {fitted.held_out_error:.2%}."
            )
            if unseen := self._unseen(evidence, one.metric, point, trials):
                errors = ", ".join(f"{name} {error:.2%}" for name, error in unseen.items())
                yield f"{one.metric} of a schedule that the fit has not seen is missed by: {errors}."
        beyond = dict.fromkeys(phrase for one in found for phrase in one.forecast.beyond)
        if beyond:
            yield f"This extrapolates: {'; '.join(beyond)}."

    def _plots(
        self, evidence: Evidence, one: _Fitted, point: Point, trials: list[Trial], rates: Floats
    ) -> Iterator[Plot]:
        y_label = f"{one.metric} (nats)"
        mine = [trial for trial in trials if trial.point.combination == point.combination]
        seen = sorted((tokens, y + one.offset) for trial in mine for tokens, y in evidence.losses(one.metric, trial))
        x, y = zip(*seen, strict=True)
        before = rate_before(point.recipe, evidence.experiment.run)
        run = point.recipe.runs[evidence.experiment.run]
        line = _line("fitted", one, _rates(mine[0]), before, run.tokens)
        yield Plot(
            f"{one.metric} of {point.combination}", "tokens", y_label, (Curve("runs", x, y, measured=True), line)
        )
        then = rate_before(evidence.target.recipe, evidence.target.run)
        line = _line("forecast", one, rates, then, evidence.target.tokens)
        yield Plot(f"{one.metric} of the large run", "tokens", y_label, (line,))


def _line(label: str, one: _Fitted, rates: Sequence[float] | Floats, before: float, tokens: int) -> Curve:
    """Return the fitted line with its band, at some places of a run."""
    low, high = one.dynamics.band(rates, before=before)
    losses = one.dynamics.losses(rates, before=before)
    at = np.unique(np.linspace(0, len(losses) - 1, PLOTTED).astype(int))
    x = ((at + 1) * (tokens / len(losses))).tolist()
    told = [(values[at] + one.offset).tolist() for values in (losses, low, high)]
    return Curve(label, x, told[0], *(told[1:] if len(one.dynamics.fitted.resampled) else ()))


def _in_words(phrase: str) -> str:
    """Return a phrase of `Dynamics.outside` for people who do not know the law."""
    area, _, rest = phrase.partition(" ")
    names = {"forward": "the sum of learning rates", "annealing": "the annealing of the learning rate"}
    if area == "share":
        return f"the share of new text {rest}"
    return f"{names[area]} {rest} (in units of the longest run)"


def _interval(told: Forecast) -> str:
    return "no interval: one seed" if np.isnan(told.low) else f"95 % interval {told.low:.4f} to {told.high:.4f}"


def _rates(trial: Trial) -> list[float]:
    return [float(row["learning_rate"]) for row in trial.outcome.steps]


def _run(evidence: Evidence, name: str, trial: Trial) -> tuple[list[float], dict[int, float]]:
    """Return the rate of every step, and steps done -> loss."""
    step = {0: 0, **{int(row["tokens"]): i for i, row in enumerate(trial.outcome.steps, 1)}}
    return _rates(trial), {step[tokens]: loss for tokens, loss in evidence.losses(name, trial)}


def _apart_from_schedule(point: Point, run: str) -> dict[str, Any]:
    """Return the changes of a point that the law does not know how to tell from each other."""
    phases, rate = f"runs.{run}.phases.", f"runs.{run}.learning_rate"

    def scheduled(field: str) -> bool:
        return field == rate or field.startswith(f"{rate}.") or (field.startswith(phases) and field.endswith(".tokens"))

    return {field: value for field, value in point.changes.items() if not scheduled(field)}
