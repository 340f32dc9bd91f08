"""Runs a datatrove pipeline: on this machine with workers that die with their parent, or on a cluster; with progress.

datatrove decides which tasks are left and marks those that are complete; the marks live in the draft, so a killed run
goes on. Its pool is replaced, for two reasons: it starts a manager process that outlives a killed parent, and it waits
for ever for a worker that the system has killed.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dill
from datatrove.executor import LocalPipelineExecutor
from datatrove.executor.base import PipelineExecutor
from loguru import logger

from pipeline.cluster.jobs import note_of
from pipeline.cluster.task import Tasks, forget_errors
from pipeline.progress import Progress, Task
from pipeline.site import Ray
from pipeline.stage import Where
from pipeline.worker_pool import worker_pool

PROGRESS = "progress"
"""Folder below the log folder where each task notes how far it has come."""
_POLL_SECONDS = 0.5


class Executor(Tasks, LocalPipelineExecutor):
    """datatrove's local executor, without its log on the terminal and with another pool."""

    def __init__(self, steps: Sequence[Any], tasks: int, workers: int, logs: Path) -> None:
        super().__init__(list(steps), tasks=tasks, workers=workers, logging_dir=str(logs))
        self.logs = logs

    def run(self) -> None:
        """Run every task that is not complete; the first error ends the others."""
        ranks = self.get_incomplete_ranks(range(self.tasks))
        if self.workers == 1 or len(ranks) <= 1:
            for rank in ranks:
                self._run_for_rank(rank)
        else:
            self._run_in_processes(ranks)

    def _run_in_processes(self, ranks: list[int]) -> None:
        with worker_pool(min(self.workers, len(ranks)), _become_worker, dill.dumps(self), parts="tasks") as pool:
            for done in as_completed([pool.submit(_run_rank, rank) for rank in ranks]):
                done.result()


_executor: list[Executor] = []
"""In a worker process: the executor whose tasks it runs."""


def _become_worker(executor: bytes) -> None:
    logger.disable("datatrove")
    _executor.append(dill.loads(executor))


def _run_rank(rank: int) -> None:
    _executor[0]._run_for_rank(rank)


def execute(
    steps: Sequence[Any],
    tasks: int,
    where: Where,
    logs: Path,
    *,
    title: str,
    total: float | None,
    unit: str,
    worth: float,
) -> None:
    """Run the steps on every task that is not yet complete.

    ``total`` is in the unit that tasks note; ``worth`` is the amount below which starting a process (seconds, for
    the libraries it must load) or a job of Slurm costs more than it brings.
    """
    (logs / PROGRESS).mkdir(parents=True, exist_ok=True)
    forget_errors(logs)
    logger.disable("datatrove")
    executor = _executor_for(steps, tasks, where, logs, math.inf if total is None else total / worth)
    with _watched(logs, where.progress, title, total, unit):
        executor.run()


def _executor_for(steps: Sequence[Any], tasks: int, where: Where, logs: Path, worth: float) -> PipelineExecutor:
    """Choose by where, and by how many processes the work is worth."""
    if where.cluster is None or tasks == 1 or worth < 1:
        return Executor(steps, tasks, max(1, min(where.workers, tasks, round(min(worth, tasks)))), logs)
    if isinstance(where.cluster, Ray):
        from pipeline.cluster.ray import RayExecutor

        return RayExecutor(steps, tasks, logs, where.cluster)
    from pipeline.cluster.slurm import SlurmExecutor

    draft = next(folder for folder in logs.parents if folder.suffix == ".draft")
    note = note_of(draft.relative_to(where.root).with_suffix("").as_posix(), where.root)
    jobs = max(1, round(min(worth, tasks)))
    return SlurmExecutor(steps, tasks, logs, where.cluster, note, where.progress.say, jobs)


@contextmanager
def _watched(logs: Path, progress: Progress, title: str, total: float | None, unit: str) -> Iterator[None]:
    finished = threading.Event()
    with progress.task(title, total, unit) as task:
        watcher = threading.Thread(target=_watch, args=(logs / PROGRESS, task, finished), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            finished.set()
            watcher.join()


def _watch(folder: Path, task: Task, finished: threading.Event) -> None:
    seen = 0
    while not finished.wait(_POLL_SECONDS):
        now = sum(int(path.read_text() or 0) for path in folder.iterdir())
        if now > seen:
            task.advance(now - seen)
            seen = now
