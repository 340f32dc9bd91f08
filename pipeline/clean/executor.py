"""Runs a datatrove pipeline: on this machine with workers that die with their parent, or on a cluster; with progress.

datatrove decides which tasks are left and marks those that are complete; the marks live in the draft, so a killed run
goes on. Its pool is replaced, for two reasons: it starts a manager process that outlives a killed parent, and it waits
for ever for a worker that the system has killed.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dill
from datatrove.executor import LocalPipelineExecutor
from datatrove.executor.base import PipelineExecutor
from loguru import logger

from pipeline.clean.cluster.jobs import note_of
from pipeline.clean.cluster.task import Tasks, forget_errors
from pipeline.errors import WorkError
from pipeline.owner import die_with
from pipeline.progress import Progress, Task
from pipeline.site import Ray
from pipeline.stage import Where

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
        before = set(multiprocessing.active_children())
        context = multiprocessing.get_context("forkserver")
        about = (os.getpid(), dill.dumps(self))
        pool = ProcessPoolExecutor(min(self.workers, len(ranks)), context, _become_worker, about)
        try:
            for done in as_completed([pool.submit(_run_rank, rank) for rank in ranks]):
                done.result()
        except BrokenProcessPool as error:
            raise WorkError(
                "a worker process was killed, most likely for want of memory; complete tasks are kept, and "
                "the next run goes on from there (fewer workers need less)"
            ) from error
        except BaseException:
            for process in set(multiprocessing.active_children()) - before:
                process.kill()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


_executor: list[Executor] = []
"""In a worker process: the executor whose tasks it runs."""


def _become_worker(owner: int, executor: bytes) -> None:
    """Leave Ctrl-C to the owner, and never outlive it: an orphan would write into the next run's draft."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with(owner)
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
    the libraries it must load) costs more than it brings.
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
        from pipeline.clean.cluster.ray import RayExecutor

        return RayExecutor(steps, tasks, logs, where.cluster)
    from pipeline.clean.cluster.slurm import SlurmExecutor

    draft = next(folder for folder in logs.parents if folder.suffix == ".draft")
    note = note_of(draft, where.root)
    return SlurmExecutor(steps, tasks, logs, where.cluster, note, where.progress.say)


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
