"""Side by side: an experiment's points in processes of their own on this machine, each its own failure."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pipeline.tune.point_process import LOG, arguments_of, start, tell
from pipeline.tune.points import Point
from pipeline.tune.runner import Runner

_POLL_SECONDS = 0.2


@dataclass
class _Running:
    point: Point
    process: subprocess.Popen[bytes]


@dataclass
class SideBySide(Runner):
    """Runs points, at most ``at_once`` of them at a time."""

    at_once: int
    processes: int
    """Processes that train one point together."""
    _running: list[_Running] = field(default_factory=list)

    def run(self, points: Sequence[Point]) -> None:
        """Run the points in processes that end with this one."""
        waiting = list(points)
        with self.progress.task("points", len(points), "points") as task, self._stopped_with_us():
            while waiting or self._running:
                while waiting and len(self._running) < self.at_once:
                    self._start(waiting.pop(0))
                time.sleep(_POLL_SECONDS)
                for done in [running for running in self._running if running.process.poll() is not None]:
                    self._running.remove(done)
                    tell(self.lab, done.point, self.lab.folder(done.point) / LOG, self.progress.say)
                    task.advance(1, done.point.name)

    def _start(self, point: Point) -> None:
        self.lab.forget_attempt(point)
        threads = max(1, (os.cpu_count() or 1) // (self.at_once * self.processes))
        process = start(arguments_of(self.lab, point, self.processes), self.lab.folder(point) / LOG, threads)
        self._running.append(_Running(point, process))

    @contextmanager
    def _stopped_with_us(self) -> Iterator[None]:
        """Pass Ctrl-C on, so that every run keeps a checkpoint; wait for all of them."""
        try:
            yield
        except BaseException:
            for running in self._running:
                if running.process.poll() is None:
                    running.process.send_signal(signal.SIGINT)
            for running in self._running:
                running.process.wait()
            raise
