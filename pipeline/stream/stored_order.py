"""A stored order: the documents of one slice and epoch on disk in reading order, with the running count of tokens.

For orders that can only be had from their beginning. Two memory-mapped columns are all that a cursor needs: a binary
search over token ends finds the document at any offset, so neither memory nor opening time grows with the corpus.
"""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from curricula.order import CHUNK, Order
from pipeline.stream.slice_table import SliceFile

Integers = npt.NDArray[np.int64]


class StoredOrder:
    """The string of one slice and epoch. ``ends[i]`` is the token offset just after the i-th document."""

    def __init__(self, folder: Path) -> None:
        self.documents: Integers = np.load(folder / "documents.npy", mmap_mode="r")
        self.ends: Integers = np.load(folder / "ends.npy", mmap_mode="r")

    def find(self, begin: int, end: int) -> tuple[Integers, Integers]:
        """Return (documents, ends) of the documents that hold tokens ``begin`` to ``end`` of the string."""
        first = int(np.searchsorted(self.ends, begin, side="right"))
        last = int(np.searchsorted(self.ends, end, side="left"))
        return np.asarray(self.documents[first : last + 1]), np.asarray(self.ends[first : last + 1])

    def end_of(self, document: int) -> int:
        """Return the offset just after a document."""
        return int(self.ends[int(np.flatnonzero(self.documents == document)[0])])


def open_stored(folder: Path, piece: SliceFile, order: Order, key: int) -> StoredOrder:
    """Open the order that a folder holds, making it first if it does not."""
    if not folder.is_dir():
        _build(folder, piece, order, key)
    return StoredOrder(folder)


def problems(kept: Path, piece: SliceFile, order: Order, key: int) -> Iterator[str]:
    """Make the order again and yield the files of a folder that hold something else."""
    if not kept.is_dir():
        return
    fresh = kept.with_name(f"{kept.name}.check.{os.getpid()}")
    try:
        _build(fresh, piece, order, key)
        for name in ("documents.npy", "ends.npy"):
            if not filecmp.cmp(kept / name, fresh / name, shallow=False):
                yield f"{kept / name}: is not the order of {piece.name}"
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


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
