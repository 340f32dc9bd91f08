"""Rows of tables as records. One row whose text is not UTF-8 is set aside alone, not with the batch it came in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.clean.inputs import InputFile
from pipeline.clean.record import Record, from_fields, unreadable
from pipeline.errors import UserError
from pipeline.sources import Records

BATCH = 1000
"""Rows held at a time."""
METADATA = ("url", "license", "parents", "made_by", "metadata")
"""Columns that are read beside text and id, where they are there."""


def wanted(read: Records, file: InputFile, columns: list[str]) -> list[str]:
    """Return the columns to read; raise UserError where there is none of the text's name."""
    if read.text_key not in columns:
        raise UserError(f"{file.name}: no column {read.text_key} (columns: {', '.join(columns)}); name it by text_key")
    return [name for name in dict.fromkeys((read.text_key, read.id_key, *METADATA)) if name in columns]


def records(read: Records, file: InputFile, batch: Any, before: int, total: int) -> Iterator[Record]:
    """Yield the records of a batch that follows ``before`` rows of ``total``."""
    for number, fields in enumerate(_rows(batch), start=before + 1):
        where, position = f"{file.name}:{number}", file.bytes * number // max(total, 1)
        if isinstance(fields, UnicodeDecodeError):
            yield unreadable("not_utf8", f"byte 0x{fields.object[fields.start]:02x}", "UTF-8", where, position)
        else:
            yield from_fields(fields, read.text_key, read.id_key, where, position)


def _rows(batch: Any) -> Iterator[dict[str, Any] | UnicodeDecodeError]:
    try:
        yield from batch.to_pylist()
    except UnicodeDecodeError:
        for i in range(len(batch)):
            try:
                yield batch.slice(i, 1).to_pylist()[0]
            except UnicodeDecodeError as error:
                yield error
