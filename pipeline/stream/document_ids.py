"""Document ids: those of one source, found by row without loading them all.

The column is copied once, batch by batch, into two memory-mapped files in the cache: where each id starts, and the
text. It can be made again at any time and is named by the fingerprint of the tokens that it belongs to.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import UserError

Integers = npt.NDArray[np.int64]


class DocumentIds:
    """The ids in ``documents.parquet``, in its order."""

    def __init__(self, folder: Path) -> None:
        self._starts: Integers = np.load(folder / "starts.npy", mmap_mode="r")
        path = folder / "text.bin"
        self._text: npt.NDArray[np.uint8] = (
            np.memmap(path, np.uint8, "r") if path.stat().st_size else np.zeros(0, np.uint8)
        )

    def addresses(self, rows: Integers) -> tuple[Integers, Integers]:
        """Return where in memory the UTF-8 text of each row's id lies, and its bytes; good while this object lives."""
        starts = self._starts[rows]
        return self._text.ctypes.data + starts, self._starts[rows + 1] - starts


def open_ids(cache: Path, table: Path, identity: str) -> DocumentIds:
    """Open the ids of a table of documents, copying them first if the cache does not hold them."""
    folder = cache / identity
    if not folder.is_dir():
        _build(folder, table)
    return DocumentIds(folder)


def _build(folder: Path, table: Path) -> None:
    """Write the copy beside its place and rename it; of several processes the first one wins."""
    if not table.is_file():
        raise UserError(f"{table}: no such file; without it nobody can say which documents were read")
    draft = folder.with_name(f"{folder.name}.{os.getpid()}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    file = pq.ParquetFile(table)
    starts = np.lib.format.open_memmap(
        draft / "starts.npy", mode="w+", dtype=np.int64, shape=(file.metadata.num_rows + 1,)
    )
    done, size = 0, 0
    with (draft / "text.bin").open("wb") as text:
        for batch in file.iter_batches(columns=["id"]):
            ids = batch.column(0).cast(pa.large_string())
            _, offsets, data = ids.buffers()
            ends = np.frombuffer(offsets, np.int64, len(ids) + 1, ids.offset * 8)
            starts[done + 1 : done + 1 + len(ids)] = size + ends[1:] - ends[0]
            if data is not None:
                text.write(memoryview(data)[ends[0] : ends[-1]])
            done, size = done + len(ids), size + int(ends[-1] - ends[0])
    starts.flush()
    try:
        draft.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(draft)
