"""Side by side: pieces worked on in processes of their own, or in threads where the work uses all cores itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor

from pipeline.pieces.piece import Piece
from pipeline.pieces.work import Do, Work
from pipeline.worker_pool import worker_pool

WORTH = 64 << 20
"""Bytes of text that make a process of its own worth starting."""


def work_through(pieces: Sequence[Piece], work: Work, workers: int) -> Iterator[Piece]:
    """Do the work on every piece, and yield each once its result is on disk."""
    processes = min(workers, len(pieces), sum(piece.bytes for piece in pieces) // WORTH)
    if work.uses_all_cores or processes <= 1:
        do = work.open(workers)
        # A second thread reads and tokenizes the next piece while a model works on this one.
        with ThreadPoolExecutor(2 if work.uses_all_cores else 1) as pool:
            yield from _in_order(pool, do, pieces, waiting=1)
    else:
        with worker_pool(processes, _become_worker, work, parts="pieces") as processes_pool:
            yield from _in_order(processes_pool, _work_on, pieces, waiting=2 * processes)


def _in_order(pool: Executor, do: Do, pieces: Sequence[Piece], waiting: int) -> Iterator[Piece]:
    """Yield pieces in order, each when it is done, with no more than ``waiting`` finished or begun ahead."""
    ahead: deque[tuple[Piece, Future[None]]] = deque()
    try:
        for piece in pieces:
            ahead.append((piece, pool.submit(do, piece)))
            if len(ahead) > waiting:
                yield _finished(ahead)
        while ahead:
            yield _finished(ahead)
    finally:
        for _, future in ahead:
            future.cancel()


def _finished(ahead: deque[tuple[Piece, Future[None]]]) -> Piece:
    piece, future = ahead.popleft()
    future.result()
    return piece


_worker: list[Do] = []
"""In a worker process: what it does with a piece."""


def _become_worker(work: Work) -> None:
    _worker.append(work.open(1))


def _work_on(piece: Piece) -> None:
    _worker[0](piece)
