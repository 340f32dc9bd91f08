"""A pool of worker processes that die with their owner and leave Ctrl-C to it.

An orphan would write into the next run's draft; a worker that the system kills ends the work instead of hanging it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from pipeline.errors import WorkError
from pipeline.owner import die_with


@contextmanager
def worker_pool(processes: int, begin: Callable[..., None], *about: Any, parts: str) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool whose processes have called ``begin(*about)``; on an error its workers are killed.

    Raises WorkError where a worker was killed; ``parts`` is what the work is done by, in the plural.
    """
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("forkserver")
    pool = ProcessPoolExecutor(processes, context, _become_worker, (os.getpid(), begin, about))
    try:
        yield pool
    except BrokenProcessPool as error:
        raise WorkError(
            f"a worker process was killed, most likely for want of memory; complete {parts} are kept, and the next run "
            "goes on from there (fewer workers need less)"
        ) from error
    except BaseException:
        for process in set(multiprocessing.active_children()) - before:
            process.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _become_worker(owner: int, begin: Callable[..., None], about: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with(owner)
    begin(*about)
