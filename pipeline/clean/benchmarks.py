"""Benchmarks: the texts of files that must not be trained on, each with the place where it lies.

These files are few and the user's own choice, so whatever cannot be read stops the work: a benchmark that is silently
left out would be trained on.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.clean.inputs import COMPRESSED, InputFile
from pipeline.clean.readers.compressed import damages, decompressed
from pipeline.errors import UserError


class Passage(NamedTuple):
    """One text of a benchmark."""

    where: str
    """``file:line`` and the field, such as ``gsm8k.jsonl:12: question``."""
    text: str
    file: str = ""
    """Name of the benchmark."""


def passages(files: Sequence[InputFile], fields: Sequence[str]) -> Iterator[Passage]:
    """Yield every text, in order; raise UserError, naming file and line, for what cannot be read."""
    for file in files:
        found = False
        for where, value in _reader(file)(file):
            for path, text in _strings(value):
                if not fields or any(name in fields for name in path):
                    found = True
                    place = f"{where}: {'.'.join(path)}" if path else where
                    yield Passage(_writable(place), _writable(text), _writable(file.name))
        if not found:
            raise UserError(f"clean.decontaminate.files: {file.name}: {_nothing(fields)}")


def _writable(text: str) -> str:
    """Return the text without lone surrogates, which JSON can hold and UTF-8 cannot."""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _nothing(fields: Sequence[str]) -> str:
    return f"no text in {', '.join(fields)}" if fields else "no text in it"


def _reader(file: InputFile) -> Callable[[InputFile], Iterator[tuple[str, Any]]]:
    name = PurePath(file.name)
    ending = PurePath(name.stem).suffix if name.suffix in COMPRESSED else name.suffix
    if ending not in _READERS:
        raise UserError(
            f"clean.decontaminate.files: {file.name}: not a kind of file that can be read "
            f"(allowed: {', '.join(_READERS)}, all but parquet also {', '.join(COMPRESSED)})"
        )
    return _READERS[ending]


def _strings(whole: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every string inside a JSON value, in order, with the keys, and numbers in lists, that lead to it."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), whole)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            waiting += [((*path, str(key)), inner) for key, inner in reversed(value.items())]
        elif isinstance(value, list | tuple):
            waiting += [((*path, str(number)), value[number - 1]) for number in range(len(value), 0, -1)]


def _text(file: InputFile) -> str:
    try:
        with file.open() as raw:
            data = decompressed(raw, file.name).read()
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(f"{file.name}:{line}: not UTF-8: byte 0x{data[error.start]:02x}") from error
    except _faults() as error:
        raise UserError(f"{file.name}: cannot be read: {error}") from error


def _faults() -> tuple[type[Exception], ...]:
    return (*damages(), ValueError, OSError)


def _lines(file: InputFile) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(_text(file).split("\n"), start=1):
        if line.strip():
            yield f"{file.name}:{number}", line


def _json_lines(file: InputFile) -> Iterator[tuple[str, Any]]:
    for where, line in _lines(file):
        yield where, _parsed(line, where)


def _json(file: InputFile) -> Iterator[tuple[str, Any]]:
    """Yield a JSON document; of a list of items each as one, by number."""
    value = _parsed(_text(file), file.name)
    if not isinstance(value, list):
        yield file.name, value
        return
    for number, item in enumerate(value, start=1):
        yield f"{file.name}:{number}", item


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UserError(f"{where}: not JSON: {error}") from error
    except RecursionError as error:
        raise UserError(f"{where}: lists or objects inside one another deeper than can be read") from error


def _parquet(file: InputFile) -> Iterator[tuple[str, Any]]:
    number = 0
    try:
        with file.open() as raw:
            for batch in pq.ParquetFile(raw).iter_batches(1024):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{file.name}:{number}", row
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{file.name}: not readable as parquet after row {number}: {error}") from error


def _table(file: InputFile) -> Iterator[tuple[str, Any]]:
    """Yield the cells of each row under their numbers, or under the names in the first row."""
    csv.field_size_limit(sys.maxsize)  # questions with a book above them are longer than the 131,072 of old
    lines = io.StringIO(_text(file), newline="")
    rows = csv.reader(lines, delimiter="\t" if ".tsv" in file.name else ",")
    header: list[str] = []
    begin = 1
    try:
        for row in rows:
            header = header or row
            names = [*header, *map(str, range(len(header), len(row)))]
            yield f"{file.name}:{begin}", dict(zip(names, row, strict=False))
            begin = rows.line_num + 1
    except csv.Error as error:
        raise UserError(f"{file.name}:{begin}: not a table: {error}") from error


_READERS: dict[str, Callable[[InputFile], Iterator[tuple[str, Any]]]] = {
    ".jsonl": _json_lines,
    ".json": _json,
    ".parquet": _parquet,
    ".csv": _table,
    ".tsv": _table,
    ".txt": _lines,
    ".md": _lines,
}
