"""Where an experiment stands: everything that the page tells of it, read once from the points' folders.

What is not finished belongs to it too, so that a page made half-way says so by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.planning.compute import architecture_of
from pipeline.report.results import read_seconds
from pipeline.tune.experiment import Experiment
from pipeline.tune.lab import Lab, State
from pipeline.tune.metric import read_outcome
from pipeline.tune.metrics import Loss, Rise
from pipeline.tune.points import Point
from pipeline.tune.ranking import Difference, Place, rank
from pipeline.tune.results import Result
from pipeline.tune.verdict import Verdict, decide

_OTHERS = 3
"""Metrics that figures show beside the deciding one where none has a bound."""


@dataclass(frozen=True)
class Spent:
    """What runs cost: training alone, without data stages and validation."""

    tokens: int = 0
    seconds: float = 0.0
    """Spent in training steps, as the runs measured them."""
    flops: float | None = 0.0
    """With attention over whole sequences (the PaLM convention); None where a model's shape is unknown."""

    def __add__(self, other: Spent) -> Spent:
        flops = None if self.flops is None or other.flops is None else self.flops + other.flops
        return Spent(self.tokens + other.tokens, self.seconds + other.seconds, flops)


@dataclass(frozen=True)
class Finished:
    """What a finished point left."""

    result: Result
    curves: Mapping[str, list[tuple[int, float]]]
    """Metric -> (tokens, held-out loss) of every validation."""
    spent: Spent


@dataclass(frozen=True)
class Record:
    """One point."""

    point: Point
    folder: str
    """Relative to the lab's root."""
    state: State
    reason: str
    """Why it failed or is not believed; empty otherwise."""
    finished: Finished | None


@dataclass(frozen=True)
class Standing:
    """An experiment and how far it is."""

    experiment: Experiment
    records: tuple[Record, ...]
    shared: Mapping[str, Spent]
    """Run -> what runs before the points' own cost; each was made once for all that start from it."""

    @cached_property
    def results(self) -> list[Result]:
        """Numbers of the finished points."""
        return [record.finished.result for record in self.records if record.finished]

    @cached_property
    def verdict(self) -> Verdict | None:
        """What they come to; None where no point is finished."""
        return decide(self.results, self.experiment.decide) if self.results else None

    @cached_property
    def states(self) -> Mapping[str, int]:
        """State -> points in it, finished ones first."""
        counts = Counter(record.state for record in self.records)
        return {state: counts[state] for state in sorted(counts, key=lambda state: (state != "finished", state))}

    @cached_property
    def combinations(self) -> list[str]:
        """All of them, in the order of the design."""
        return list(dict.fromkeys(record.point.combination for record in self.records))

    @cached_property
    def levels(self) -> Mapping[str, Mapping[str, str]]:
        """Combination -> factor -> label."""
        return {record.point.combination: record.point.levels for record in self.records}

    @cached_property
    def gaps(self) -> Mapping[str, Difference]:
        """Combination -> how it differs from the best."""
        return {gap.combination: gap for gap in self.verdict.others} if self.verdict else {}

    @cached_property
    def reference(self) -> Place | None:
        """The best combination, the lowest where none keeps its bounds, None where no point is finished."""
        return (self.verdict.best or self.verdict.places[0]) if self.verdict else None

    @cached_property
    def weighed(self) -> list[str]:
        """Metrics that the deciding one is weighed with: those with a bound; without any, the first of the others."""
        decide = self.experiment.decide
        others = [name for name in self.experiment.metrics if name != decide.lowest]
        return [name for name in decide.at_most if name != decide.lowest] or others[:_OTHERS]

    def places(self, metric: str) -> dict[str, Place]:
        """Return combination -> its place by a metric."""
        return {place.combination: place for place in rank(self.results, metric)} if self.results else {}

    def finished(self, combination: str) -> list[Finished]:
        """Return what a combination's finished points left."""
        return [r.finished for r in self.records if r.finished and r.point.combination == combination]

    def spent(self, combination: str) -> Spent:
        """Return what a combination's finished points cost."""
        return sum((each.spent for each in self.finished(combination)), Spent())


def read_standing(lab: Lab, found: Sequence[Result]) -> Standing:
    """Read what the finished points, whose results are given, and all others left."""
    results = {result.point.name: result for result in found}
    records = tuple(_record(lab, point, results.get(point.name)) for point in lab.points)
    return Standing(lab.experiment, records, _shared(lab, [result.point for result in found]))


def _record(lab: Lab, point: Point, result: Result | None) -> Record:
    folder = lab.folder(point).relative_to(lab.root).as_posix()
    if result is None:
        return Record(point, folder, *lab.state(point), None)
    outcome = read_outcome(lab.run_folder(point))
    metrics = lab.experiment.metrics.items()
    curves = {name: metric.curve(outcome) for name, metric in metrics if isinstance(metric, Loss | Rise)}
    spent = _spent(lab, point, lab.experiment.run, result.tokens)
    return Record(point, folder, "finished", "", Finished(result, curves, spent))


def _spent(lab: Lab, point: Point, run: str, tokens: int) -> Spent:
    shape = architecture_of(point.recipe, run, lab.data)
    length = point.recipe.runs[run].sequence_length
    flops = None if shape is None else float(shape.flops_per_token(length, "full") * tokens)
    return Spent(tokens, read_seconds(lab.folder(point) / "runs" / run), flops)


def _shared(lab: Lab, points: Sequence[Point]) -> dict[str, Spent]:
    """Return the cost of the runs that points start from, each counted once however many point at it."""
    seen, spent = set(), dict[str, Spent]()
    for point in points:
        for run in _before(point, lab.experiment.run):
            folder = (lab.folder(point) / "runs" / run).resolve()
            if folder not in seen:
                seen.add(folder)
                made = _spent(lab, point, run, point.recipe.runs[run].tokens)
                spent[run] = spent.get(run, Spent()) + made
    return spent


def _before(point: Point, run: str) -> list[str]:
    start = point.recipe.runs[run].start
    return [*_before(point, start.run), start.run] if start.kind == "run" else []
