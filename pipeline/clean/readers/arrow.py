"""Reads Arrow IPC, files and streams alike, one document a row: what a saved Hugging Face dataset consists of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from pipeline.clean.inputs import InputFile
from pipeline.clean.readers import rows
from pipeline.clean.record import Record, damaged
from pipeline.sources import Arrow

_FILE = b"ARROW1"
"""How the file format begins; a stream begins with its schema."""


def read_arrow(read: Arrow, files: Iterable[InputFile]) -> Iterator[Record]:
    """Yield one record a row, and one for what a damaged file has lost; raise UserError without a text column."""
    for file in files:
        yield from _read_file(read, file)


def _read_file(read: Arrow, file: InputFile) -> Iterator[Record]:
    import pyarrow as pa

    row = 0
    try:
        with file.open() as raw:
            schema, found = batches(raw)
            columns = rows.wanted(read, file, schema.names)
            for batch in found:
                share = max(raw.tell(), 1) / file.bytes
                for begin in range(0, len(batch), rows.BATCH):
                    piece = batch.slice(begin, rows.BATCH).select(columns)
                    yield from rows.records(read, file, piece, row, int((row + len(piece)) / share))
                    row += len(piece)
    except (pa.ArrowException, OSError) as error:
        yield damaged(file.name, row, f"not readable as Arrow IPC: {error}")


def batches(raw: BinaryIO) -> tuple[Any, Iterator[Any]]:
    """Return the schema and the batches of a file or a stream."""
    import pyarrow as pa

    is_file = raw.read(len(_FILE)) == _FILE
    raw.seek(0)
    if is_file:
        table = pa.ipc.open_file(raw)
        return table.schema, (table.get_batch(i) for i in range(table.num_record_batches))
    stream = pa.ipc.open_stream(raw)
    return stream.schema, iter(stream)
