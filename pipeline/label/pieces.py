"""Pieces: a corpus cut into runs of row groups, each measured at once and kept in a file until all are there.

The cut depends on the corpus's files alone, so a killed run goes on with the pieces it had not finished, and neither
that nor the number of workers changes a byte of what is put together at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.clean import corpus
from pipeline.errors import WorkError
from pipeline.label.signal import Measure, Signal

PIECE_BYTES = 8 << 20
"""A piece ends with the row group that takes its text to this many bytes."""


@dataclass(frozen=True)
class Piece:
    """Row groups of a corpus that follow each other."""

    number: int
    groups: tuple[tuple[Path, int], ...]
    """Each row group: its part and its number there."""
    first_row: int
    """Place of its first document in the corpus."""
    rows: int
    bytes: int
    """Bytes of its text, before compression."""

    def file(self, folder: Path) -> Path:
        """Return where its labels are kept meanwhile."""
        return folder / f"{self.number:06d}.parquet"

    def read(self) -> pa.Table:
        """Return its documents with all columns."""
        parts = [pq.ParquetFile(part).read_row_group(group, columns=corpus.SCHEMA.names) for part, group in self.groups]
        return pa.concat_tables(parts)


def cut(folder: Path) -> Iterator[Piece]:
    """Yield the pieces of a corpus in its order, from the footers of its parts alone."""
    number, first_row, rows, size = 0, 0, 0, 0
    groups: list[tuple[Path, int]] = []
    for part in corpus.parts(folder):
        footer = pq.read_metadata(part)
        text = footer.schema.names.index("text")
        for group in range(footer.num_row_groups):
            about = footer.row_group(group)
            groups.append((part, group))
            rows, size = rows + about.num_rows, size + about.column(text).total_uncompressed_size
            if size >= PIECE_BYTES:
                yield Piece(number, tuple(groups), first_row, rows, size)
                number, first_row, rows, size, groups = number + 1, first_row + rows, 0, 0, []
    if rows:
        yield Piece(number, tuple(groups), first_row, rows, size)


def schema_of(signal: Signal) -> pa.Schema:
    """Return the columns of a signal's labels: ``id`` and its own."""
    own = [(n, pa.string() if d.kind == "O" else pa.from_numpy_dtype(d)) for n, d in signal.columns.items()]
    return pa.schema([("id", pa.string()), *own])


def label(piece: Piece, signal: Signal, measure: Measure, folder: Path) -> None:
    """Measure one piece and write its labels, whole or not at all."""
    documents = piece.read()
    rows: list[dict[str, Any]] = documents.to_pylist()
    for i, row in enumerate(rows, start=piece.first_row):
        row["row"] = i
    columns = measure([row.pop("text") for row in rows], rows)
    for name, values in columns.items():
        if len(values) != len(rows):
            raise WorkError(f"{signal.kind}: {name}: {len(values)} values for {len(rows)} documents")
    table = pa.table({"id": documents["id"], **{name: pa.array(columns[name]) for name in signal.columns}})
    file = piece.file(folder)
    draft = file.with_suffix(".draft")
    pq.write_table(table.cast(schema_of(signal)), draft, compression=corpus.COMPRESSION)
    draft.replace(file)
