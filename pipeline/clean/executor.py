"""Runs a datatrove pipeline on this machine: quietly, with progress, and with workers that die with their parent.

datatrove decides which tasks are left and marks those that are complete; the marks live in the draft, so a killed run
goes on. Its pool is replaced, for two reasons: it starts a manager process that outlives a killed parent, and it waits
for ever for a worker that the system has killed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import dill
from datatrove.executor import LocalPipelineExecutor
from datatrove.utils.stats import PipelineStats
from loguru import logger

from pipeline.errors import WorkError
from pipeline.owner import die_with
from pipeline.progress import Progress, Task
from pipeline.stage import Where

PROGRESS = "progress"
"""Folder below the log folder where each task notes how far it has come."""
_POLL_SECONDS = 0.5


class Executor(LocalPipelineExecutor):
    """datatrove's local executor, without its log on the terminal and with another pool."""

    pipeline: list[Any]

    def run(self) -> None:
        """Run every task that is not complete; the first error ends the others."""
        logger.disable("datatrove")
        ranks = self.get_incomplete_ranks(range(self.tasks))
        if self.workers == 1 or len(ranks) <= 1:
            for rank in ranks:
                self._run_for_rank(rank)
        else:
            self._run_in_processes(ranks)

    def _run_for_rank(self, rank: int, local_rank: int = 0, node_rank: int = -1) -> PipelineStats:
        steps: list[Any] = self.pipeline
        self.pipeline = deepcopy(steps)  # steps keep counts and open files, which belong to one task
        try:
            return super()._run_for_rank(rank, local_rank, node_rank)
        finally:
            self.pipeline = steps

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
    workers = max(1, min(where.workers, tasks, round((total or 0) / worth)))
    executor = Executor(list(steps), tasks=tasks, workers=workers, logging_dir=str(logs))
    with _watched(logs, where.progress, title, total, unit):
        executor.run()


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
