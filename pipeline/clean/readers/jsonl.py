"""Reads JSON lines, plain, gzip or zstandard. Every line that holds anything becomes a record, whatever is in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.clean.inputs import InputFile
from pipeline.clean.readers.compressed import LONGEST_LINE, damages, decompressed, lines
from pipeline.clean.record import Record, damaged, from_fields, unreadable
from pipeline.sources import Jsonl

_MARK = b"\xef\xbb\xbf"


def read_jsonl(read: Jsonl, files: Iterable[InputFile]) -> Iterator[Record]:
    """Yield one record a line, and one for what a damaged compressed file has lost."""
    broken = damages()
    for file in files:
        number = file.first_line - 1
        try:
            with file.open() as raw, decompressed(raw, file.name) as stream:
                raw.seek(file.begin)
                end = file.begin + file.bytes
                for number, line in enumerate(lines(stream), start=file.first_line):
                    position = raw.tell()
                    if stripped := line.removeprefix(_MARK).strip():
                        yield parse(read, stripped, f"{file.name}:{number}", position - file.begin)
                    if stream is raw and position >= end:
                        break
        except broken as error:
            yield damaged(file.name, number, error)


def parse(read: Jsonl, line: bytes, where: str, position: int) -> Record:
    """Return the record of one line."""
    if len(line) > LONGEST_LINE:
        said = f"more than {LONGEST_LINE:,} bytes"
        sample = line[:1000].decode(errors="replace")
        return unreadable("line_too_long", said, f"at most {LONGEST_LINE:,} bytes", where, position, sample)
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        sample = line.decode(errors="replace")
        return unreadable(
            "not_utf8",
            f"byte {error.start + 1} of the line is 0x{line[error.start]:02x}",
            "UTF-8",
            where,
            position,
            sample,
        )
    try:
        fields = _loads(text)
    except (ValueError, RecursionError) as error:
        return unreadable("not_json", str(error), "one JSON object a line", where, position, text)
    if not isinstance(fields, dict):
        return unreadable("not_an_object", type(fields).__name__, "one JSON object a line", where, position, text)
    return from_fields(fields, read.text_key, read.id_key, where, position)


def _loads(text: str) -> Any:
    """Read JSON, and what Python's own writer makes beside it: NaN, Infinity and lone surrogates."""
    import orjson

    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise error from None
