"""Duplicates: of documents that are the same, the first by file and line stays.

datatrove's exact deduplication is not used: between files it keeps the copy that lies earliest *within its own
file*, and breaks ties by the order of a heap. Sorting hashes with NumPy is exact, takes 48 bytes a document, and
finds duplicate ids in the same pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.clean.corpus import BATCH_ROWS, COMPRESSION, DOCUMENTS, REMOVED, REMOVED_SCHEMA, SCHEMA

DUPLICATE = "duplicate"
DUPLICATE_ID = "duplicate_id"
_Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Duplicates:
    """Which documents of one part go, and what each is a duplicate of."""

    rows: _Integers
    """Rows of the part, ascending."""
    same_text: npt.NDArray[np.bool_]
    """True: removed as ``duplicate``; False: removed as ``duplicate_id`` (same id, other text)."""
    first: tuple[str, ...]
    """Where the document lies that stays, ``file:line``."""

    def save(self, path: Path) -> None:
        """Write to a file that a worker can read."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, rows=self.rows, same_text=self.same_text, first=np.array(self.first, dtype=np.str_))

    @classmethod
    def load(cls, path: Path) -> Duplicates:
        """Read what `save` wrote."""
        saved = np.load(path)
        return cls(saved["rows"], saved["same_text"], tuple(saved["first"].tolist()))


def find(parts: Sequence[Path], *, by_text: bool) -> list[Duplicates]:
    """Return the duplicates of each part; ``by_text`` False leaves texts alone and looks at ids only."""
    if not parts:
        return []
    ids, texts = _hashes(parts, "id_hash"), _hashes(parts, "text_hash")
    first = _first_of(ids)
    repeated_id = first != np.arange(len(first))
    same_text = (texts[first] == texts).all(axis=1)
    if by_text:
        rest = np.flatnonzero(~repeated_id)
        first[rest] = rest[_first_of(texts[rest])]
    gone = first != np.arange(len(first))
    is_text = np.where(repeated_id, same_text, True)
    return _by_part(parts, gone, is_text, first)


def _hashes(parts: Sequence[Path], column: str) -> npt.NDArray[np.uint64]:
    """Return a column of 16-byte hashes as pairs of 64-bit numbers."""
    blocks = [pq.read_table(part, columns=[column])[column].combine_chunks() for part in parts]
    data = b"".join(block.buffers()[1][block.offset * 16 : (block.offset + len(block)) * 16] for block in blocks)
    return np.frombuffer(data, dtype=np.uint64).reshape(-1, 2)


def _first_of(hashes: npt.NDArray[np.uint64]) -> _Integers:
    """Return for each row the first row that equals it."""
    if not len(hashes):
        return np.zeros(0, dtype=np.int64)
    order = np.lexsort((hashes[:, 1], hashes[:, 0]))  # stable: equal rows keep their order
    ordered = hashes[order]
    begins = np.concatenate([[True], (ordered[1:] != ordered[:-1]).any(axis=1)])
    leader = order[np.flatnonzero(begins)[np.cumsum(begins) - 1]]
    first = np.empty(len(hashes), dtype=np.int64)
    first[order] = leader
    return first


def _by_part(
    parts: Sequence[Path], gone: npt.NDArray[np.bool_], is_text: npt.NDArray[np.bool_], first: _Integers
) -> list[Duplicates]:
    places = pa.chunked_array(
        [pq.read_table(part, columns=["file_line"])["file_line"].combine_chunks() for part in parts]
    )
    found, begin = [], 0
    for part in parts:
        end = begin + pq.read_metadata(part).num_rows
        rows = np.flatnonzero(gone[begin:end])
        kept = places.take(pa.array(first[begin:end][rows])).to_pylist()
        found.append(Duplicates(rows, is_text[begin:end][rows], tuple(kept)))
        begin = end
    return found


@dataclass(frozen=True)
class WritePart:
    """The last step: one part of the corpus without its duplicates. Called by datatrove with the task's number."""

    kept: Path
    """Folder of the parts, which are taken in the order of their names."""
    duplicates: Path
    """Folder with what `Duplicates.save` wrote for each."""
    draft: Path

    def __call__(self, data: Any, rank: int, world_size: int) -> None:
        """Write ``documents/`` and, where there are any, the two kinds of duplicates."""
        part = sorted(self.kept.glob("*.parquet"))[rank]
        gone = Duplicates.load(self.duplicates / f"{part.stem}.npz")
        table = pq.read_table(part)
        keep = np.ones(len(table), dtype=bool)
        keep[gone.rows] = False
        if keep.any():
            write(table.filter(pa.array(keep)).select(SCHEMA.names), self.draft / DOCUMENTS / part.name)
        removed = table.take(pa.array(gone.rows)).append_column("first", pa.array(gone.first, pa.string()))
        for reason, chosen in ((DUPLICATE, gone.same_text), (DUPLICATE_ID, ~gone.same_text)):
            if chosen.any():
                rejected = _removed(removed.filter(pa.array(chosen)), reason)
                write(rejected, self.draft / REMOVED / reason / part.name)


def _removed(table: pa.Table, reason: str) -> pa.Table:
    what, allowed = ("text", "one document a text") if reason == DUPLICATE else ("id", "one text an id")
    found = pc.binary_join_element_wise(f"same {what} as ", table["first"], "")
    constant = [pa.array([value] * len(table), pa.string()) for value in (reason, allowed)]
    columns = [table["id"], table["text"], constant[0], found, constant[1], table["file_line"]]
    return pa.table(columns, schema=REMOVED_SCHEMA)


def write(table: pa.Table, path: Path) -> None:
    """Write a table as one parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression=COMPRESSION, row_group_size=BATCH_ROWS)
