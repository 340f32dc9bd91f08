"""The lab: an experiment's points with a folder each, their states, and the making of one of them.

A point is finished when its run, and what probes found on its model, are published and are what their manifests say;
nothing else counts, so results are never counted twice, and whatever was lost or damaged is simply not finished.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Literal

from pipeline import artifact
from pipeline.errors import UserError, WorkError
from pipeline.lock import alone
from pipeline.plan import make_plan
from pipeline.recipe_errors import near
from pipeline.stage import Stage, Where, make_stale, why_stale
from pipeline.train.stages import ExportStage, TrainStage
from pipeline.tune.experiment import Experiment, load_experiment
from pipeline.tune.metric import Outcome, read_outcome
from pipeline.tune.points import Point, points_of
from pipeline.tune.probes.probe import Probe
from pipeline.tune.probes.stage import FILE as MEASURES
from pipeline.tune.probes.stage import MeasuresStage
from pipeline.tune.store import open_root, share

State = Literal["finished", "failed", "begun", "waiting", "damaged"]
FAILURE = "failure.txt"
RESULTS = ("validation.jsonl", "metrics.jsonl", "speed.jsonl", "ledger.jsonl")
"""Files of a run from which results and the report are read."""
MakeCommon = Callable[[Point, Sequence[Stage], Where], Sequence[object]]
"""Makes stages of a point that are stale, and returns something for each that was."""


def make_here(point: Point, stages: Sequence[Stage], where: Where) -> Sequence[object]:
    """Make a point's stages by this process."""
    return make_stale(stages, where)


@dataclass(frozen=True)
class Lab:
    """An experiment, where its raw files start and where its points lie."""

    path: Path
    data: Path
    root: Path
    size: str | None = None
    """Which of the experiment's sizes; the first where None."""

    @cached_property
    def experiment(self) -> Experiment:
        """What the file says."""
        return load_experiment(self.path, self.size)

    @cached_property
    def points(self) -> list[Point]:
        """Every point, in the order of the design, the seeds of one combination together."""
        return points_of(self.experiment, self.path)

    def point(self, name: str) -> Point:
        """Return the point of this name; raise UserError where there is none."""
        for point in self.points:
            if point.name == name:
                return point
        raise UserError(f"--point {name}: no such point{near(name, [point.name for point in self.points][:20])}")

    def folder(self, point: Point) -> Path:
        """Return where a point's artifacts lie."""
        return self.root / "points" / point.name

    def run_folder(self, point: Point) -> Path:
        """Return where a point's run lies."""
        return self.folder(point) / "runs" / self.experiment.run

    def stages(self, point: Point) -> tuple[list[Stage], list[Stage]]:
        """Return the stages up to a point's run: those that it may have in common with others, and its own."""
        open_root(self.folder(point), self.root)
        plan = make_plan(point.recipe, self.data, self.folder(point))
        (run,) = (s for s in plan.stages if isinstance(s, TrainStage) and s.run_name == self.experiment.run)
        needed = _closure(run)
        wanted = [stage for stage in plan.stages if stage.name in needed]
        own = [stage for stage in wanted if stage.name in (run.name, run.stream.name)]
        common = [stage for stage in wanted if stage not in own]
        export = ExportStage(run)
        own += [export] if self.probes or self.experiment.merging else []
        own += [MeasuresStage(export, self.probes)] if self.probes else []
        return common, own

    @cached_property
    def probes(self) -> list[Probe]:
        """The metrics that ask the final model."""
        return [metric for metric in self.experiment.metrics.values() if isinstance(metric, Probe)]

    def model_folder(self, point: Point) -> Path:
        """Return where lies a point's exported model, where something asks for it."""
        return self.folder(point) / "models" / self.experiment.run

    def measures_folder(self, point: Point) -> Path:
        """Return where lies what probes found."""
        return self.folder(point) / "measures" / self.experiment.run

    def state(self, point: Point) -> tuple[State, str]:
        """Return how far a point is, and a reason where there is one to tell."""
        folder = self.run_folder(point)
        if artifact.is_published(folder):
            problems = list(_differences(folder, RESULTS))
            if problems:
                return "damaged", problems[0]
            if self._is_exported(point) and self._is_probed(point):
                return "finished", ""
        failure = self.folder(point) / FAILURE
        if failure.is_file():
            return "failed", failure.read_text(encoding="utf-8").strip()
        begun = artifact.is_published(folder) or artifact.draft_of(folder).exists()
        return ("begun" if begun else "waiting", "")

    def _is_exported(self, point: Point) -> bool:
        return not self.experiment.merging or artifact.is_published(self.model_folder(point))

    def _is_probed(self, point: Point) -> bool:
        """Return whether every probe of the experiment has been asked, and its answers are whole."""
        folder = self.measures_folder(point)
        if not self.probes:
            return True
        if not artifact.is_published(folder) or list(_differences(folder, (MEASURES,))):
            return False
        asked: list[str] = artifact.read_manifest(folder).settings["probes"]
        return {probe.identity for probe in self.probes} <= set(asked)

    def unfinished(self) -> list[Point]:
        """Return the points that are not finished."""
        return [point for point in self.points if self.state(point)[0] != "finished"]

    def outcome(self, point: Point) -> Outcome | None:
        """Return what a finished point left, else None."""
        if self.state(point)[0] != "finished":
            return None
        return read_outcome(self.run_folder(point), self.measures_folder(point) / MEASURES if self.probes else None)

    def prepare(self, points: Sequence[Point], where: Where, make: MakeCommon = make_here) -> int:
        """Make what the points have in common by ``make``; return how many artifacts were made."""
        made = 0
        for point in points:
            common, _ = self.stages(point)
            made += share(common, _at(where, self.folder(point)), self.root, partial(make, point))
        return made

    def make(self, point: Point, where: Where) -> None:
        """Run a point whose common artifacts are made; a finished one stays, a damaged one is set aside.

        Notes why it fails, if it does; a process that is killed has noted nothing.
        """
        refusal = f"{self.folder(point)}: another headwater is running this point; wait for it"
        with alone(self.folder(point) / ".lock", refusal):
            (self.folder(point) / FAILURE).unlink(missing_ok=True)
            try:
                self._make(point, where)
            except Exception as error:
                self._fail(point, error)
                raise

    def _make(self, point: Point, where: Where) -> None:
        _set_aside(self.run_folder(point), RESULTS)
        _set_aside(self.measures_folder(point), (MEASURES,))
        common, own = self.stages(point)
        missing = [f"{stage.name}: {reason}" for stage in common if (reason := why_stale(stage, self.folder(point)))]
        if missing:
            raise UserError("\n".join(["what this point has in common with others is not made yet:", *missing]))
        make_stale(own, _at(where, self.folder(point)))

    def forget_attempt(self, point: Point) -> None:
        """Remove what an earlier attempt noted, and the request to stop of one that was killed before it obeyed."""
        (self.folder(point) / FAILURE).unlink(missing_ok=True)
        artifact.draft_of(self.run_folder(point)).with_suffix(".stop").unlink(missing_ok=True)

    def _fail(self, point: Point, error: Exception) -> None:
        known = isinstance(error, UserError | WorkError)
        reason = str(error) if known else f"{type(error).__name__}: {error}"
        last = reason.rstrip().splitlines()[-1].strip()
        artifact.write_durably(self.folder(point) / FAILURE, f"{last}\n".encode())


def _at(where: Where, root: Path) -> Where:
    return Where(root, where.workers, where.processes, where.layout, where.progress, where.cluster)


def _closure(stage: Stage) -> set[str]:
    """Return the names of a stage and of everything that it is made from."""
    return {stage.name}.union(*(_closure(need) for need in stage.stages))


def _set_aside(folder: Path, names: Sequence[str]) -> None:
    """Take a published artifact with damaged files of these names out of the way; the last such one is kept."""
    if artifact.is_published(folder) and any(_differences(folder, names)):
        aside = folder.with_name(f"{folder.name}.damaged")
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)


def _differences(folder: Path, names: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with the files of these names, from which results are read; checkpoints are not read."""
    try:
        entries = {entry.path: entry for entry in artifact.read_manifest(folder).files}
    except UserError as error:
        yield str(error)
        return
    for name in names:
        path = folder / name
        if name not in entries or not path.is_file():
            yield f"{path}: missing"
        elif artifact.sha256_of(path) != entries[name].sha256:
            yield f"{path}: contents differ from the manifest (sha256)"
