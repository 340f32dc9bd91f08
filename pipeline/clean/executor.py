"""Runs a datatrove pipeline on this machine: quietly, with progress, and with workers that die with their parent.

Tasks that a killed run had finished are not done again: datatrove's completion marks live in the draft.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from datatrove.executor import LocalPipelineExecutor
from datatrove.utils.stats import PipelineStats
from loguru import logger

from pipeline.progress import Progress, Task
from pipeline.stage import Where

PROGRESS = "progress"
"""Folder below the log folder where each task notes how far it has come."""
_PDEATHSIG = 1
_POLL_SECONDS = 0.5


class Executor(LocalPipelineExecutor):
    """datatrove's local executor, without its log on the terminal."""

    def _run_for_rank(self, rank: int, local_rank: int = 0, node_rank: int = -1) -> PipelineStats:
        logger.disable("datatrove")
        if multiprocessing.parent_process() is not None:
            _become_worker()
        return super()._run_for_rank(rank, local_rank, node_rank)


def _become_worker() -> None:
    """Leave Ctrl-C to the parent, and never outlive it: an orphan would write into the next run's draft."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)


def execute(steps: Sequence[Any], tasks: int, where: Where, logs: Path, *, title: str,
            total: float | None, unit: str) -> None:
    """Run the steps on every task that is not yet complete; ``total`` in the unit that tasks note."""
    (logs / PROGRESS).mkdir(parents=True, exist_ok=True)
    logger.disable("datatrove")
    executor = Executor(list(steps), tasks=tasks, workers=min(where.workers, tasks), logging_dir=str(logs))
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
