"""A corpus on disk: ``documents/*.parquet`` in order, and ``removed/<reason>/*.parquet`` with what was dropped.

Every task of cleaning writes one part, so parts sorted by name give the corpus in its order: by file, then line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

DOCUMENTS = "documents"
REMOVED = "removed"
REMOVED_LINES = "removed_lines"
"""Folder with the lines that repairs took out, ``<what>/*.parquet``; their documents lie in one of the other two."""
COMPRESSION = "zstd"
BATCH_ROWS = 1024
"""Rows of a row group."""

FILTERED = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),
        ("source", pa.string()),
        ("language", pa.string()),
        ("language_score", pa.float32()),
        ("url", pa.string()),
        ("license", pa.string()),
        ("parents", pa.list_(pa.string())),
        ("made_by", pa.string()),
        ("repaired", pa.map_(pa.string(), pa.int32())),
        ("file_line", pa.string()),
    ]
)
"""Columns of documents that passed the filters. ``language`` is empty where none was identified; ``repaired`` says what
was mended or masked -> in how many places; ``file_line`` is where the raw record lies."""

SCHEMA = FILTERED.append(pa.field("cluster_size", pa.int32()))
"""The same with ``cluster_size``: for how many documents of the source it stands, itself included; those are removed as
``duplicate`` or ``near_duplicate``."""

REMOVED_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),
        ("reason", pa.string()),
        ("found", pa.string()),
        ("allowed", pa.string()),
        ("file_line", pa.string()),
    ]
)
"""Columns of removed documents."""

LINES_SCHEMA = pa.schema([("id", pa.string()), ("text", pa.string()), ("file_line", pa.string())])
"""Columns of removed lines: ``id`` is the document's."""


def parts(folder: Path) -> list[Path]:
    """Return the document files of a corpus in their order."""
    return sorted((folder / DOCUMENTS).glob("*.parquet"))


def num_documents(folder: Path) -> int:
    """Return the number of documents, from the files' footers."""
    return sum(pq.read_metadata(part).num_rows for part in parts(folder))


def batches(folder: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield batches of documents in corpus order, without reading more than one row group at a time."""
    for part in parts(folder):
        yield from pq.ParquetFile(part).iter_batches(BATCH_ROWS, columns=list(columns))


def rows(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """Return a batch as one mapping a document."""
    result: list[dict[str, Any]] = batch.to_pylist()
    return result
