"""What synthesis writes: ``documents.parquet`` with full lineage, and ``rejected.parquet`` with every answer's reason.

Cleaning reads the documents like any table, so they pass its rules and its decontamination.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.clean.corpus import COMPRESSION

DOCUMENTS = "documents.parquet"
REJECTED = "rejected.parquet"
_LINEAGE = [
    ("document", pa.string()),
    ("snippet_begin", pa.int64()),
    ("snippet_end", pa.int64()),
    ("prompt", pa.string()),
    ("prompt_hash", pa.string()),
    ("model", pa.string()),
    ("sampling", pa.string()),
    ("request", pa.string()),
]
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),
        ("question", pa.string()),
        ("solution", pa.string()),
        ("discipline", pa.string()),
        ("level", pa.string()),
        ("language", pa.string()),
        ("license", pa.string()),
        ("url", pa.string()),
        ("parents", pa.list_(pa.string())),
        ("made_by", pa.string()),
        *_LINEAGE,
    ]
)
"""``document`` is the id of the page, ``snippet_begin`` to ``snippet_end`` are characters of its text, and ``request``
names the kept answer."""
REJECTED_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),
        ("reason", pa.string()),
        ("found", pa.string()),
        ("allowed", pa.string()),
        ("discipline", pa.string()),
        *_LINEAGE,
    ]
)
_ROWS = 1024


class Output:
    """The two tables of a draft, written row group by row group."""

    def __init__(self, draft: Path) -> None:
        self._writers = {
            name: pq.ParquetWriter(draft / name, schema, compression=COMPRESSION)
            for name, schema in ((DOCUMENTS, SCHEMA), (REJECTED, REJECTED_SCHEMA))
        }
        self._rows: dict[str, list[Mapping[str, Any]]] = {name: [] for name in self._writers}

    def add(self, table: str, row: Mapping[str, Any]) -> None:
        """Append a row to one of the tables."""
        self._rows[table].append(row)
        if len(self._rows[table]) >= _ROWS:
            self._flush(table)

    def __enter__(self) -> Output:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for table, writer in self._writers.items():
            self._flush(table)
            writer.close()

    def _flush(self, table: str) -> None:
        writer = self._writers[table]
        writer.write_table(pa.Table.from_pylist(self._rows[table], schema=writer.schema))
        self._rows[table].clear()
