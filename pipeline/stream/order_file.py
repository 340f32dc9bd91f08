"""An order on disk: the documents of one slice and epoch in reading order, with the running count of tokens.

Two memory-mapped columns are all that a cursor needs: a binary search over token ends finds the document at any
offset, so neither memory nor opening time grows with the corpus. The files can be made again at any time from
(seed, slice, epoch) and therefore live in a cache, not in an artifact.
"""

from __future__ import annotations

import filecmp
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from curricula.order import CHUNK, Order
from pipeline import seeds
from pipeline.artifact import canonical
from pipeline.stream.slice_table import SliceFile

FORMAT = 1
"""Raised whenever an order's code gives other rows than before, so that cached orders of the old code are not used."""


class OrderFile:
    """The string of one slice and epoch. ``ends[i]`` is the token offset just after the i-th document."""

    def __init__(self, folder: Path) -> None:
        self.documents: npt.NDArray[np.int64] = np.load(folder / "documents.npy", mmap_mode="r")
        self.ends: npt.NDArray[np.int64] = np.load(folder / "ends.npy", mmap_mode="r")

    def find(self, begin: int, end: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return (documents, ends) of the documents that hold tokens ``begin`` to ``end`` of the string."""
        first = int(np.searchsorted(self.ends, begin, side="right"))
        last = int(np.searchsorted(self.ends, end, side="left"))
        return np.asarray(self.documents[first : last + 1]), np.asarray(self.ends[first : last + 1])


def open_order(cache: Path, piece: SliceFile, order: Order, seed: int, epoch: int) -> OrderFile:
    """Open the order of a slice and epoch, making it first if the cache does not hold it."""
    folder = _folder(cache, piece, order, seed, epoch)
    if not folder.is_dir():
        _build(folder, piece, order, seeds.key(seed, "order", piece.name, epoch))
    return OrderFile(folder)


def problems(cache: Path, piece: SliceFile, order: Order, seed: int, epoch: int) -> Iterator[str]:
    """Make the order of a slice and epoch again and yield where the cache holds something else."""
    kept = _folder(cache, piece, order, seed, epoch)
    if not kept.is_dir():
        return
    fresh = kept.with_name(f"{kept.name}.check.{os.getpid()}")
    try:
        _build(fresh, piece, order, seeds.key(seed, "order", piece.name, epoch))
        for name in ("documents.npy", "ends.npy"):
            if not filecmp.cmp(kept / name, fresh / name, shallow=False):
                yield (
                    f"{kept / name}: is not the order of {piece.name} in epoch {epoch}; remove the folder, "
                    "it is made again when it is needed"
                )
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _folder(cache: Path, piece: SliceFile, order: Order, seed: int, epoch: int) -> Path:
    signal = piece.signal_identity if order.needs else None
    identity = canonical([FORMAT, piece.name, piece.identity, signal, order.model_dump(mode="json"), seed, epoch])
    return cache / hashlib.sha256(identity.encode()).hexdigest()[:32]


def _build(folder: Path, piece: SliceFile, order: Order, key: int) -> None:
    """Write the order beside its place and rename it; of several processes the first one wins."""
    draft = folder.with_name(f"{folder.name}.{os.getpid()}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    size = len(piece.documents)
    documents = np.lib.format.open_memmap(draft / "documents.npy", mode="w+", dtype=np.int64, shape=(size,))
    ends = np.lib.format.open_memmap(draft / "ends.npy", mode="w+", dtype=np.int64, shape=(size,))
    done, total = 0, 0
    for rows in order.rows(size, piece.signal, key, piece.documents["tokens"]):
        assert len(rows) <= CHUNK
        chunk = slice(done, done + len(rows))
        documents[chunk] = rows
        ends[chunk] = total + np.cumsum(piece.documents["tokens"][rows], dtype=np.int64)
        done, total = chunk.stop, int(ends[chunk.stop - 1])
    assert done == size and total == piece.tokens, "an order must hold every document exactly once"
    documents.flush()
    ends.flush()
    try:
        draft.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(draft)
