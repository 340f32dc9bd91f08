"""On Ray: an experiment's points as tasks of a Ray cluster, each of which starts the process that runs its point."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.cluster.ray import connect
from pipeline.site import Ray
from pipeline.tune.point_process import LOG, arguments_of, start, tell
from pipeline.tune.points import Point
from pipeline.tune.runner import Runner

_POLL_SECONDS = 0.2


@dataclass
class OnRay(Runner):
    """Runs points, as many at a time as the site says or Ray finds room for."""

    settings: Ray
    processes: int
    """Processes that train one point together."""
    _running: dict[Any, Point] = field(default_factory=dict)
    """Ray's reference -> point."""

    def run(self, points: Sequence[Point]) -> None:
        """Run the points as tasks that end with this process."""
        if not points:
            return
        import ray

        connect(self.settings)
        waiting, most = list(points), self.settings.tasks or len(points)
        with self.progress.task("points", len(points), "points") as task, self._stopped_with_us():
            while waiting or self._running:
                while waiting and len(self._running) < most:
                    self._start(waiting.pop(0))
                for done in ray.wait(list(self._running), timeout=1.0)[0]:
                    point = self._running.pop(done)
                    self._finish(done, point)
                    task.advance(1, point.name)

    def _start(self, point: Point) -> None:
        import ray

        self.lab.forget_attempt(point)
        settings = self.settings
        # No retries: a point is tried again by the next command alone.
        work = ray.remote(
            num_cpus=settings.cpus, num_gpus=settings.gpus, memory=int(settings.memory_gb * 2**30), max_retries=0
        )(_work)
        log, threads = str(self.lab.folder(point) / LOG), max(1, settings.cpus // self.processes)
        self._running[work.remote(arguments_of(self.lab, point, self.processes), log, threads)] = point

    def _finish(self, done: Any, point: Point) -> None:
        import ray
        from ray.exceptions import RayError

        try:
            ray.get(done)
        except RayError as error:  # its worker or its node is gone
            self.progress.say(f"{point.name}: {str(error).splitlines()[0]}")
        tell(self.lab, point, self.lab.folder(point) / LOG, self.progress.say)

    @contextmanager
    def _stopped_with_us(self) -> Iterator[None]:
        """Pass Ctrl-C on, so that every run keeps a checkpoint; wait for all of them."""
        import ray

        try:
            yield
        except BaseException:
            running = list(self._running)
            for reference in running:
                ray.cancel(reference)
            while running:
                running = ray.wait(running, num_returns=len(running), timeout=1.0)[1]
            raise


def _work(arguments: Sequence[str], log: str, threads: int) -> None:
    """Run one point in a process that ends with Ray's worker."""
    process: subprocess.Popen[bytes] = start(arguments, Path(log), threads)
    try:
        while process.poll() is None:
            time.sleep(_POLL_SECONDS)  # Ray cancels between statements, not inside a wait
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait()
        raise
