"""Evidence: what the finished points of an experiment left behind, as laws want it, and the run it is to speak for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.recipe import Recipe
from pipeline.tune.experiment import Experiment
from pipeline.tune.lab import Lab
from pipeline.tune.metric import Outcome
from pipeline.tune.metrics import Loss, Rise
from pipeline.tune.points import Point
from pipeline.tune.results import Result
from pipeline.tune.target import LargeRun, large_run
from pipeline.tune.verdict import Verdict


@dataclass(frozen=True)
class Trial(Result):
    """A result with what its run left behind."""

    outcome: Outcome


@dataclass(frozen=True)
class Evidence:
    """Every finished point, and what is asked about."""

    experiment: Experiment
    trials: Sequence[Trial]
    """In the order of the points, baselines too."""
    target: LargeRun
    best: str | None
    """The combination that the verdict recommends."""
    folder: Path
    """Where relative paths in the experiment start."""
    data: Path = Path()
    """Where relative paths in recipes start."""

    @property
    def tokens(self) -> int:
        """Length of the longest run."""
        return max(trial.tokens for trial in self.trials)

    def losses(self, metric: str, trial: Trial) -> list[tuple[int, float]]:
        """Return (tokens, held-out loss) of every validation of a metric that has such a curve."""
        measured = self.experiment.metrics[metric]
        assert isinstance(measured, Loss | Rise), "others are refused when the experiment is read"
        return measured.curve(trial.outcome)

    def recommended(self, point: Point) -> Recipe:
        """Return the large run's recipe with a point's changes; raise UserError where they do not fit into it."""
        whose = f"{self.target.file}: with {point.combination}"
        return self.target.adopting(point.changes, self.experiment.run, whose)[1]

    def elsewhere(self, point: Point) -> Iterator[str]:
        """Yield in what the large run differs from a point's that laws of tokens alone know nothing about."""
        if self.target.tokens > self.tokens:
            yield f"tokens are {self.target.tokens:,}, the runs had {self.tokens:,}"
        small, large = point.recipe.runs[self.experiment.run], self.target.recipe.runs[self.target.run]
        here, there = small.batch * small.sequence_length, large.batch * large.sequence_length
        if here != there:
            yield f"a step has {there:,} tokens, in the runs {here:,}"
        if _origin(point.recipe, self.experiment.run) != _origin(self.target.recipe, self.target.run):
            yield "the large run starts from another model, and the law knows nothing of a model's size"

    def along(self, factor: str) -> tuple[dict[str, list[Trial]], str]:
        """Return the trials by their label of a factor, and at which labels of the other factors they are."""
        trials, others = self.beside((factor,))
        found: dict[str, list[Trial]] = {}
        for trial in trials:
            found.setdefault(trial.point.levels[factor], []).append(trial)
        return found, others

    def beside(self, factors: Sequence[str]) -> tuple[list[Trial], str]:
        """Return the trials that vary some factors alone, and at which labels of the others they are.

        These are the best combination's, or the first trial's where a baseline or nothing is best.
        """
        varied = [trial for trial in self.trials if set(factors) <= set(trial.point.levels)]
        best = next((trial for trial in varied if trial.point.combination == self.best), None)
        reference = best or (varied[0] if varied else None)
        if reference is None:
            return [], ""
        others = {name: label for name, label in reference.point.levels.items() if name not in factors}
        alike = [trial for trial in varied if others.items() <= trial.point.levels.items()]
        return alike, ",".join(f"{name}={label}" for name, label in others.items())


def gather(lab: Lab, found: Sequence[Result], verdict: Verdict) -> Evidence:
    """Read what the results' runs left."""
    trials = [Trial(r.point, r.metrics, r.tokens, o) for r in found if (o := lab.outcome(r.point))]
    best = verdict.best.combination if verdict.best else None
    return Evidence(lab.experiment, trials, large_run(lab.experiment, lab.path), best, lab.path.parent, lab.data)


def _origin(recipe: Recipe, run: str) -> Mapping[str, Any]:
    """Return what the first of the runs that a run continues starts from."""
    start = recipe.runs[run].start
    return _origin(recipe, start.run) if start.kind == "run" else start.model_dump()
