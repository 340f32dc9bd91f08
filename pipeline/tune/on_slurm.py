"""On Slurm: an experiment's points as one job array, which this process submits, waits for and tells of.

The array outlives this process, by Ctrl-C or by a kill; the next command waits for it before it submits another.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from pipeline.cluster import jobs
from pipeline.launch.command import make_part_by_part
from pipeline.progress import Task
from pipeline.site import Slurm
from pipeline.stage import Stage, Where
from pipeline.tune import point_array
from pipeline.tune.point_array import PointArray
from pipeline.tune.point_process import tell
from pipeline.tune.points import Point
from pipeline.tune.runner import Runner

_POLL_SECONDS = 2.0
_SETTLE_SECONDS = 20.0
"""How long a shared file system may take to show what a finished job wrote."""


@dataclass
class OnSlurm(Runner):
    """Runs points by one array at a time."""

    slurm: Slurm

    def make(self, point: Point, stages: Sequence[Stage], where: Where) -> Sequence[object]:
        """Make what points have in common: data stages by arrays, an earlier run by a job."""
        submission = point_array.submission_in(where.root, self.lab, self.slurm)
        recipe = yaml.safe_dump(point.recipe.model_dump(mode="json"), allow_unicode=True, sort_keys=False)
        return make_part_by_part(stages, where, submission, recipe)

    def go_on(self) -> list[Point]:
        """Wait for the array that an earlier command left in the queue; return the points that it has tried."""
        array = point_array.noted(self.lab.root)
        if array is None:
            return []
        job = array.job()
        if job is None or jobs.state(job) is None:
            point_array.forget(self.lab.root)
            return []
        names = array.logs()
        points = [point for point in self.lab.points if point.name in names]
        self.progress.say(f"Slurm job {job} of an earlier command still runs points; going on to wait for it")
        self._wait(array, job, points)
        return points

    def run(self, points: Sequence[Point]) -> None:
        """Submit the points and wait for them."""
        if not points:
            return
        for point in points:
            self.lab.forget_attempt(point)
        array, job = point_array.submit(self.lab, points, self.slurm)
        self.progress.say(f"{len(points)} points: Slurm job {job}; script and logs: {array.folder}")
        self._wait(array, job, points)

    def _wait(self, array: PointArray, job: str, points: Sequence[Point]) -> None:
        """Return once no element runs any more and what they wrote is seen; tell of points that are not finished."""
        with self.progress.task("points", len(points), "points") as task:
            try:
                left = self._watch(job, points, task)
            except KeyboardInterrupt:
                self.progress.say(f"Slurm job {job} goes on; the same command waits for it, scancel {job} ends it")
                raise
            deadline = time.monotonic() + _SETTLE_SECONDS
            while (left := self._unsettled(left, task)) and time.monotonic() < deadline:
                time.sleep(_POLL_SECONDS)
        point_array.forget(self.lab.root)
        logs = array.logs()
        for point in points:
            tell(self.lab, point, logs[point.name], self.progress.say)

    def _watch(self, job: str, points: Sequence[Point], task: Task) -> list[Point]:
        """Return once the job has ended, with the points that are neither finished nor failed as far as can be seen."""
        left, said = list(points), ""
        while (state := jobs.state(job)) is not None:
            if state != said:
                self.progress.say(f"  Slurm job {job}: {state}")
                said = state
            left = self._unsettled(left, task)
            time.sleep(_POLL_SECONDS)
        return left

    def _unsettled(self, points: Sequence[Point], task: Task) -> list[Point]:
        left = [point for point in points if self.lab.state(point)[0] not in ("finished", "failed")]
        for point in points:
            if point not in left:
                task.advance(1, point.name)
        return left
