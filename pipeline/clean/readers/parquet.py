"""Reads parquet tables, one document a row, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.clean.inputs import InputFile
from pipeline.clean.readers import rows
from pipeline.clean.record import Record, damaged
from pipeline.sources import Parquet


def read_parquet(read: Parquet, files: Iterable[InputFile]) -> Iterator[Record]:
    """Yield one record a row, and one for what a damaged file has lost; raise UserError without a text column."""
    for file in files:
        yield from _read_file(read, file)


def _read_file(read: Parquet, file: InputFile) -> Iterator[Record]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = 0
    try:
        with file.open() as raw:
            table = pq.ParquetFile(raw)
            columns = rows.wanted(read, file, table.schema_arrow.names)
            for batch in table.iter_batches(rows.BATCH, columns=columns):
                yield from rows.records(read, file, batch, row, table.metadata.num_rows)
                row += len(batch)
    except (pa.ArrowException, OSError) as error:
        yield damaged(file.name, row, f"not readable as parquet: {error}")
