"""Reads JSON lines, plain, gzip or zstandard. Every line that holds anything becomes a record, whatever is in it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

from pipeline.clean.inputs import InputFile
from pipeline.clean.record import Record, from_fields, unreadable
from pipeline.errors import UserError
from pipeline.sources import Jsonl

_MARK = b"\xef\xbb\xbf"


def read_jsonl(read: Jsonl, files: Iterable[InputFile]) -> Iterator[Record]:
    """Yield one record a line; raise UserError for a damaged compressed file."""
    import zstandard

    for file in files:
        number = 0
        try:
            with file.path.open("rb") as raw, _decompressed(raw, file.name) as lines:
                raw.seek(file.begin)
                end = file.begin + file.bytes
                for number, line in enumerate(lines, start=file.first_line):
                    position = raw.tell()
                    if stripped := line.removeprefix(_MARK).strip():
                        yield parse(read, stripped, f"{file.name}:{number}", position - file.begin)
                    if lines is raw and position >= end:
                        break
        except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
            raise UserError(f"{file.name}: damaged after line {number}: {error}") from error


def parse(read: Jsonl, line: bytes, where: str, position: int) -> Record:
    """Return the record of one line."""
    import orjson

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
        fields = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return unreadable("not_json", error.msg, "one JSON object a line", where, position, text)
    if not isinstance(fields, dict):
        return unreadable("not_an_object", type(fields).__name__, "one JSON object a line", where, position, text)
    return from_fields(fields, read.text_key, read.id_key, where, position)


def _decompressed(raw: BinaryIO, name: str) -> BinaryIO:
    if name.endswith(".gz"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw))
    if name.endswith((".zst", ".zstd")):
        import io

        import zstandard

        stream = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
        return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, stream)))
    return raw
