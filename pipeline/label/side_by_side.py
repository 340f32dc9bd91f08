"""Side by side: pieces measured in processes of their own, or in threads where the signal uses all cores itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

from pipeline.label.pieces import Piece, label
from pipeline.label.signal import Measure, Signal, Surroundings
from pipeline.worker_pool import worker_pool

WORTH = 64 << 20
"""Bytes of text that make a process of its own worth starting."""

_Work = Callable[[Piece], None]


def label_all(pieces: Sequence[Piece], signal: Signal, around: Surroundings, folder: Path) -> Iterator[Piece]:
    """Label every piece, and yield each once its labels are on disk."""
    processes = min(around.workers, len(pieces), sum(piece.bytes for piece in pieces) // WORTH)
    if signal.uses_all_cores or processes <= 1:
        measure = signal.open(around)
        # A second thread reads and tokenizes the next piece while a model works on this one.
        with ThreadPoolExecutor(2 if signal.uses_all_cores else 1) as pool:
            yield from _in_order(pool, partial(_label, signal, measure, folder), pieces, waiting=1)
    else:
        yield from _in_processes(pieces, signal, around, folder, processes)


def _label(signal: Signal, measure: Measure, folder: Path, piece: Piece) -> None:
    label(piece, signal, measure, folder)


def _in_processes(
    pieces: Sequence[Piece], signal: Signal, around: Surroundings, folder: Path, processes: int
) -> Iterator[Piece]:
    with worker_pool(processes, _become_worker, signal, around, folder, parts="pieces") as pool:
        yield from _in_order(pool, _work_on, pieces, waiting=2 * processes)


def _in_order(pool: Executor, work: _Work, pieces: Sequence[Piece], waiting: int) -> Iterator[Piece]:
    """Yield pieces in order, each when it is done, with no more than ``waiting`` finished or begun ahead."""
    ahead: deque[tuple[Piece, Future[None]]] = deque()
    try:
        for piece in pieces:
            ahead.append((piece, pool.submit(work, piece)))
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


_worker: list[_Work] = []
"""In a worker process: what it does with a piece."""


def _become_worker(signal: Signal, around: Surroundings, folder: Path) -> None:
    _worker.append(partial(_label, signal, signal.open(around), folder))


def _work_on(piece: Piece) -> None:
    _worker[0](piece)
