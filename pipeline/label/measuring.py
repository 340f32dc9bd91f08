"""Measuring: the work of labelling, one signal on every piece of a corpus."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.clean import corpus
from pipeline.errors import WorkError
from pipeline.label.signal import Signal, Surroundings
from pipeline.pieces.piece import Piece
from pipeline.pieces.work import Do, Work


@dataclass(frozen=True)
class Measuring(Work):
    """Leaves the labels of each piece as a table."""

    ending = ".parquet"

    signal: Signal
    around: Surroundings

    @property
    def uses_all_cores(self) -> bool:
        """As the signal does."""
        return self.signal.uses_all_cores

    @property
    def schema(self) -> pa.Schema:
        """The columns of the labels: ``id`` and the signal's own."""
        own = [(n, pa.string() if d.kind == "O" else pa.from_numpy_dtype(d)) for n, d in self.signal.columns.items()]
        return pa.schema([("id", pa.string()), *own])

    def labels(self, piece: Piece) -> pa.Table:
        """Return the labels of a piece that is done."""
        return pq.read_table(self.result(piece), schema=self.schema)

    def open(self, cores: int) -> Do:
        """Open the signal."""
        measure = self.signal.open(replace(self.around, workers=cores))

        def label(piece: Piece) -> None:
            documents = pa.concat_tables(piece.tables(corpus.SCHEMA.names))
            rows: list[dict[str, Any]] = documents.to_pylist()
            for i, row in enumerate(rows, start=piece.first_row):
                row["row"] = i
            columns = measure([row.pop("text") for row in rows], rows)
            for name, values in columns.items():
                if len(values) != len(rows):
                    raise WorkError(f"{self.signal.kind}: {name}: {len(values)} values for {len(rows)} documents")
            table = pa.table({"id": documents["id"], **{name: pa.array(columns[name]) for name in self.signal.columns}})
            self._write(piece, table)

        return label

    def _write(self, piece: Piece, table: pa.Table) -> None:
        """Write the labels of a piece, whole or not at all."""
        file = self.result(piece)
        draft = file.with_suffix(".draft")
        pq.write_table(table.cast(self.schema), draft, compression=corpus.COMPRESSION)
        draft.replace(file)
