"""Side by side: an experiment's points in processes of their own on this machine, each its own failure."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.progress import Progress
from pipeline.train.job import OWNER
from pipeline.tune.lab import Lab
from pipeline.tune.points import Point

LOG = "log.txt"
_POLL_SECONDS = 0.2


@dataclass
class _Running:
    point: Point
    process: subprocess.Popen[bytes]


@dataclass
class SideBySide:
    """Runs points, at most ``at_once`` of them at a time."""

    lab: Lab
    at_once: int
    progress: Progress
    failed: list[Point] = field(default_factory=list)
    _running: list[_Running] = field(default_factory=list)

    def run(self, points: Sequence[Point]) -> None:
        """Run the points; those that fail are noted with their reason, and the others go on."""
        waiting = list(points)
        with self.progress.task("points", len(points), "points") as task, self._stopped_with_us():
            while waiting or self._running:
                while waiting and len(self._running) < self.at_once:
                    self._start(waiting.pop(0))
                time.sleep(_POLL_SECONDS)
                for done in [running for running in self._running if running.process.poll() is not None]:
                    self._running.remove(done)
                    self._finish(done)
                    task.advance(1, done.point.name)

    def _start(self, point: Point) -> None:
        lab = self.lab
        lab.folder(point).mkdir(parents=True, exist_ok=True)
        with (lab.folder(point) / LOG).open("ab") as log:
            process = subprocess.Popen(
                point_command(lab, point), stdout=log, stderr=log, env=_environment(self.at_once), process_group=0
            )
        self._running.append(_Running(point, process))

    def _finish(self, done: _Running) -> None:
        status = done.process.returncode
        if status == 0:
            return
        last = (self.lab.folder(done.point) / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
        reason = last[-1].strip() if last else f"ended with status {status}"
        self.lab.fail(done.point, reason)
        self.failed.append(done.point)
        self.progress.say(f"{done.point.name}: failed: {reason}")

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


def point_command(lab: Lab, point: Point) -> list[str]:
    """Return the command that runs one point whose common artifacts are made."""
    size = ["--size", lab.size] if lab.size else []
    where = ["--root", str(lab.root), "--data", str(lab.data)]
    return [sys.executable, "-m", "pipeline.cli", "tune", str(lab.path), *where, "--point", point.name, *size]


def _environment(at_once: int) -> dict[str, str]:
    threads = str(max(1, (os.cpu_count() or 1) // at_once))
    packages = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [packages, os.environ.get("PYTHONPATH", "")]))
    return {"OMP_NUM_THREADS": threads, **os.environ, "PYTHONPATH": path, OWNER: str(os.getpid())}
