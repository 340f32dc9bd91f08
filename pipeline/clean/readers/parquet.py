"""Reads parquet tables, one document a row, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.clean.inputs import InputFile
from pipeline.clean.record import Record, from_fields
from pipeline.errors import UserError
from pipeline.sources import Parquet

_BATCH = 1000
_METADATA = ("url", "license", "parents", "made_by", "metadata")


def read_parquet(read: Parquet, files: Iterable[InputFile]) -> Iterator[Record]:
    """Yield one record a row; raise UserError for a file that is no parquet or has no text column."""
    for file in files:
        yield from _read_file(read, file)


def _read_file(read: Parquet, file: InputFile) -> Iterator[Record]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = 0
    try:
        table = pq.ParquetFile(file.path)
        if read.text_key not in table.schema_arrow.names:
            columns = ", ".join(table.schema_arrow.names)
            raise UserError(f"{file.name}: no column {read.text_key} (columns: {columns}); name it by text_key")
        wanted = [c for c in (read.text_key, read.id_key, *_METADATA) if c in table.schema_arrow.names]
        rows = max(table.metadata.num_rows, 1)
        for batch in table.iter_batches(_BATCH, columns=wanted):
            for fields in batch.to_pylist():
                row += 1
                yield from_fields(fields, read.text_key, read.id_key, f"{file.name}:{row}", file.bytes * row // rows)
    except (pa.ArrowInvalid, OSError) as error:
        raise UserError(f"{file.name}: not readable as parquet after row {row}: {error}") from error
