"""Removals: what the comparison of documents takes out of one part of a corpus, and the last step, which writes both.

Every removed document names the one that stays for it, or the benchmark's line; every kept one says for how many
documents it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.clean.corpus import BATCH_ROWS, COMPRESSION, DOCUMENTS, REMOVED, REMOVED_SCHEMA, SCHEMA

DUPLICATE = "duplicate"
DUPLICATE_ID = "duplicate_id"
NEAR_DUPLICATE = "near_duplicate"
CONTAMINATED = "contaminated"
CLUSTER_SIZE = "cluster_size"


@dataclass(frozen=True)
class Removals:
    """What goes of one part."""

    rows: npt.NDArray[np.int64]
    """Rows of the part, ascending."""
    reasons: Sequence[str]
    found_allowed: Sequence[tuple[str, str]]
    """What was found and what is allowed, for each."""
    cluster_size: npt.NDArray[np.int32]
    """For each row of the part: how many documents it stands for, if it stays."""

    def save(self, path: Path) -> None:
        """Write to two files that a worker can read, ``path`` with two endings."""
        path.parent.mkdir(parents=True, exist_ok=True)
        found, allowed = zip(*self.found_allowed, strict=True) if self.found_allowed else ((), ())
        strings = [pa.array(column, pa.string()) for column in (self.reasons, found, allowed)]
        table = pa.table([pa.array(self.rows, pa.int64()), *strings], names=["row", "reason", "found", "allowed"])
        pq.write_table(table, path.with_suffix(".parquet"))
        np.save(path.with_suffix(".npy"), self.cluster_size)


@dataclass(frozen=True)
class WritePart:
    """The last step: one part of the corpus without what goes. Called by datatrove with the task's number."""

    kept: Path
    """Folder of the parts, which are taken in the order of their names."""
    removals: Path
    """Folder with what `Removals.save` wrote for each."""
    draft: Path

    def __call__(self, data: Any, rank: int, world_size: int) -> None:
        """Write ``documents/`` and ``removed/<reason>/``."""
        part = sorted(self.kept.glob("*.parquet"))[rank]
        gone = pq.read_table(self.removals / f"{part.stem}.parquet")
        sizes = np.load(self.removals / f"{part.stem}.npy")
        table = pq.read_table(part).append_column(CLUSTER_SIZE, pa.array(sizes, pa.int32()))
        keep = np.ones(len(table), dtype=bool)
        keep[gone["row"].to_numpy()] = False
        if keep.any():
            write(table.filter(pa.array(keep)).select(SCHEMA.names), self.draft / DOCUMENTS / part.name)
        taken = table.take(gone["row"]).select(["id", "text", "file_line"])
        for name in ("reason", "found", "allowed"):
            taken = taken.append_column(name, gone[name])
        reasons = np.array(gone["reason"].to_pylist(), dtype=np.str_)
        for reason in np.unique(reasons).tolist():
            rejected = taken.filter(pa.array(reasons == reason)).select(REMOVED_SCHEMA.names)
            write(rejected.cast(REMOVED_SCHEMA), self.draft / REMOVED / reason / part.name)


def write(table: pa.Table, path: Path) -> None:
    """Write a table as one parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression=COMPRESSION, row_group_size=BATCH_ROWS)
