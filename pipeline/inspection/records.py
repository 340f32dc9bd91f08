"""The first records of a file: which fields they have, of which types, without reading the rest.

A table says so in its footer or schema; of JSON lines the first are read, compressed or not.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.sources import Arrow, Jsonl, Parquet

Tables = Jsonl | Parquet | Arrow
"""Readers of records with named fields."""
LINES = 100
"""Lines of a file of JSON lines that are read."""
_MOST_BYTES = 1 << 23
"""Of them together; a file whose first line is longer is not judged."""
_MARK = b"\xef\xbb\xbf"
_KINDS = {b"PAR1": "parquet", b"ARROW1": "arrow"}
"""How files of other kinds begin."""
_BINARY = {b"%PDF-": "a PDF", b"PK\x03\x04": "a ZIP archive", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture"}
_BINARY |= {b"BZh": "compressed by bzip2", b"\xfd7zXZ": "compressed by xz", b"\x7fELF": "a program"}
"""How files begin that hold no text as it is."""


@dataclass(frozen=True)
class Look:
    """What was seen of one file."""

    records: int = 0
    """Records whose fields were seen; 1 for a table, all of whose rows have the same."""
    fields: Mapping[str, int] = field(default_factory=dict)
    """Field -> records (columns of that name) that have it."""
    types: Mapping[str, str] = field(default_factory=dict)
    """Field -> its type, where all records that have it agree: ``text``, ``number``, or what the file calls it."""
    trouble: str | None = None
    """Why nothing could be seen."""


def look(read: Tables, path: Path) -> Look | None:
    """Return what the beginning (or the footer) of a file says; None where this installation cannot read it."""
    status = path.stat()
    try:
        return _looked(read.kind, path, status.st_size, status.st_mtime_ns)
    except ImportError:
        return None


@lru_cache(maxsize=4096)
def _looked(kind: str, path: Path, size: int, modified: int) -> Look:
    if kind == "jsonl":
        return _json_lines(path)
    return _table(kind, path)


def foreign_to(kind: str, path: Path) -> str | None:
    """Return what a file of pages, texts or archives is instead, by its first bytes; None where nothing tells."""
    from pipeline.clean.readers.compressed import decompressed

    try:
        if found := _foreign(path):
            return found
        with path.open("rb") as raw:
            beginning = raw.read(8)
            raw.seek(0)
            said = next((what for magic, what in _BINARY.items() if beginning.startswith(magic)), None)
            if said is None and kind == "warc" and not decompressed(raw, path.name).read(5).startswith(b"WARC/"):
                said = "no web archive: it does not begin with WARC/"
    except ImportError:
        return None
    except Exception as error:  # of every library that decompresses
        return f"cannot be read: {error}"
    return said


def _table(kind: str, path: Path) -> Look:
    import pyarrow as pa

    try:
        schema = _parquet_schema(path) if kind == "parquet" else _arrow_schema(path)
    except (pa.ArrowException, OSError) as error:
        return Look(trouble=f"not readable as {kind}: {str(error).splitlines()[0]}")
    types = {column.name: _type(column.type) for column in schema}
    return Look(1, Counter(schema.names), types)


def _parquet_schema(path: Path) -> Any:
    import pyarrow.parquet as pq

    return pq.read_schema(path)


def _arrow_schema(path: Path) -> Any:
    import pyarrow as pa

    with path.open("rb") as file:
        is_file = file.read(6) == b"ARROW1"
    with pa.memory_map(str(path)) as mapped:
        return (pa.ipc.open_file if is_file else pa.ipc.open_stream)(mapped).schema


def _type(found: Any) -> str:
    from pyarrow import types

    inner = found.value_type if types.is_dictionary(found) else found
    if types.is_string(inner) or types.is_large_string(inner) or types.is_string_view(inner):
        return "text"
    return "number" if types.is_integer(inner) else str(found)


def _json_lines(path: Path) -> Look:
    """Read the first lines; the library of a compression that is not installed raises ImportError."""
    import zlib

    from pipeline.clean.readers.compressed import decompressed

    fields: Counter[str] = Counter()
    types: dict[str, set[str]] = {}
    records, trouble = 0, None
    try:
        with path.open("rb") as raw:
            for number, line in _lines(decompressed(raw, path.name)):
                found = _parsed(line)
                if isinstance(found, str):
                    trouble = trouble or f"line {number}: {_foreign(path) or found}"
                    continue
                records += 1
                fields.update(found)
                for name, value in found.items():
                    types.setdefault(name, set()).add(_of(value))
    except (OSError, EOFError, ValueError, zlib.error) as error:
        trouble = str(error)
    except Exception as error:  # zstandard's own, whose class cannot be named where it is not installed
        trouble = f"{type(error).__name__}: {error}"
    agreed = {name: next(iter(kinds)) for name, kinds in types.items() if len(kinds) == 1}
    return Look(records, fields, agreed, trouble if not records else None)


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    left = _MOST_BYTES
    for number in range(1, LINES + 1):
        line = stream.readline(left)
        left -= len(line)
        if not line or (not left and not line.endswith(b"\n")):
            return
        if stripped := line.removeprefix(_MARK).strip():
            yield number, stripped


def _parsed(line: bytes) -> dict[str, Any] | str:
    """Return the fields of a line, or why it has none."""
    try:
        found = json.loads(line)
    except UnicodeDecodeError:
        return "not UTF-8"
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"
    return found if isinstance(found, dict) else f"found {type(found).__name__}; one JSON object a line is needed"


def _foreign(path: Path) -> str:
    with path.open("rb") as file:
        beginning = file.read(8)
    kind = next((kind for magic, kind in _KINDS.items() if beginning.startswith(magic)), None)
    return f"a file of {kind}, which is read by `kind: {kind}`" if kind else ""


def _of(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, int) and not isinstance(value, bool):
        return "number"
    return type(value).__name__
