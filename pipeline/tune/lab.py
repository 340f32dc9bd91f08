"""The lab: an experiment's points with a folder each, their states, and the making of one of them.

A point is finished when its run is published and its files are what its manifest says; nothing else counts, so
results are never counted twice, and whatever was lost or damaged is simply not finished.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from pipeline import artifact
from pipeline.errors import UserError
from pipeline.plan import make_plan
from pipeline.recipe_errors import near
from pipeline.stage import Stage, Where, make_stale, why_stale
from pipeline.train.stages import TrainStage
from pipeline.tune.experiment import Experiment, load_experiment
from pipeline.tune.metrics import Outcome, read_outcome
from pipeline.tune.points import Point, points_of
from pipeline.tune.store import open_root, share

State = Literal["finished", "failed", "begun", "waiting", "damaged"]
FAILURE = "failure.txt"


@dataclass(frozen=True)
class Lab:
    """An experiment, where its raw files start and where its points lie."""

    path: Path
    data: Path
    root: Path

    @cached_property
    def experiment(self) -> Experiment:
        """What the file says."""
        return load_experiment(self.path)

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
        return [stage for stage in wanted if stage not in own], own

    def state(self, point: Point) -> tuple[State, str]:
        """Return how far a point is, and a reason where there is one to tell."""
        folder = self.run_folder(point)
        if artifact.is_published(folder):
            problems = list(_differences(folder))
            return ("damaged", problems[0]) if problems else ("finished", "")
        failure = self.folder(point) / FAILURE
        if failure.is_file():
            return "failed", failure.read_text(encoding="utf-8").strip()
        return ("begun", "") if artifact.draft_of(folder).exists() else ("waiting", "")

    def outcome(self, point: Point) -> Outcome | None:
        """Return what a finished point left, else None."""
        return read_outcome(self.run_folder(point)) if self.state(point)[0] == "finished" else None

    def prepare(self, points: Sequence[Point], where: Where) -> int:
        """Make what the points have in common; return how many artifacts were made."""
        made = 0
        for point in points:
            common, _ = self.stages(point)
            made += share(common, _at(where, self.folder(point)), self.root)
        return made

    def make(self, point: Point, where: Where) -> None:
        """Run a point whose common artifacts are made; a finished one stays, a damaged one is set aside."""
        folder = self.run_folder(point)
        if self.state(point)[0] == "damaged":
            aside = folder.with_name(f"{folder.name}.damaged")
            shutil.rmtree(aside, ignore_errors=True)
            folder.rename(aside)
        common, own = self.stages(point)
        missing = [f"{stage.name}: {reason}" for stage in common if (reason := why_stale(stage, self.folder(point)))]
        if missing:
            raise UserError("\n".join([f"{point.name}: what it has in common with others is not made yet:", *missing]))
        make_stale(own, _at(where, self.folder(point)))
        (self.folder(point) / FAILURE).unlink(missing_ok=True)

    def fail(self, point: Point, reason: str) -> None:
        """Note why a point could not be run."""
        self.folder(point).mkdir(parents=True, exist_ok=True)
        artifact.write_durably(self.folder(point) / FAILURE, f"{reason}\n".encode())


def _at(where: Where, root: Path) -> Where:
    return Where(root, where.workers, where.processes, where.layout, where.progress, where.cluster)


def _closure(stage: Stage) -> set[str]:
    """Return the names of a stage and of everything that it is made from."""
    return {stage.name}.union(*(_closure(need) for need in stage.stages))


def _differences(folder: Path) -> Iterator[str]:
    """Yield what is wrong with the files that results are read from; checkpoints are not read again."""
    try:
        entries = {entry.path: entry for entry in artifact.read_manifest(folder).files}
    except UserError as error:
        yield str(error)
        return
    for name in ("validation.jsonl", "metrics.jsonl"):
        path = folder / name
        if name not in entries or not path.is_file():
            yield f"{path}: missing"
        elif artifact.sha256_of(path) != entries[name].sha256:
            yield f"{path}: contents differ from the manifest (sha256)"
