"""A file that a user names beside the sources, item by item: labels one has, examples of a class, benchmark questions.

Such files are few and small, so whatever cannot be read stops the work: a label that is lost would shift the others,
and a benchmark that is left out would be trained on.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import StringIO
from itertools import islice
from pathlib import Path, PurePath
from typing import Any, BinaryIO, cast

from pipeline.clean import inputs
from pipeline.clean.readers.compressed import damages, decompressed
from pipeline.errors import UserError

COMPRESSED = (*inputs.COMPRESSED, ".bz2")
_GLANCE = 100
"""Rows that are read to see whether a file is what it should be."""
_MARK = b"\xef\xbb\xbf"
Items = Iterator[tuple[str, Any]]


def find(field: str, patterns: Sequence[str], data: Path) -> list[inputs.InputFile]:
    """Return the files of all patterns; raise UserError naming the recipe's field where one fits nothing."""
    return [file for files in inputs.find(field, patterns, data).values() for file in files]


def items(file: inputs.InputFile) -> Items:
    """Yield (``file:line``, item): rows, JSON values or lines of text, by the file's ending, plain or compressed.

    Of a table the first row is an item too, as some have no names there. Raises UserError for what cannot be read.
    """
    read = _READERS[_ending(file.name)]
    try:
        yield from read(file)
    except _unreadable() as error:
        raise UserError(f"{file.name}: cannot be read: {error}") from error


def rows(file: inputs.InputFile) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (``file:line``, fields); the first row of a table names them. Raises UserError for items without fields."""
    begin = 1 if _ending(file.name) in (".csv", ".tsv") else 0
    for where, item in islice(items(file), begin, None):
        if not isinstance(item, dict):
            raise UserError(f"{where}: found {type(item).__name__}; a row with fields is needed, such as a JSON object")
        yield where, item


def faults(pattern: str, data: Path, look: Callable[[str, Mapping[str, Any]], object]) -> Iterator[str]:
    """Yield what reading the first rows, or ``look`` at each of them, says against each file on this disk."""
    for file in inputs.on_this_disk(pattern, data):
        is_empty = True
        try:
            for where, fields in islice(rows(file), _GLANCE):
                is_empty = False
                look(where, fields)
        except UserError as error:
            yield str(error)
        else:
            if is_empty:
                yield f"{file.name}: no rows in it"


def text(where: str, fields: Mapping[str, Any], key: str) -> str:
    """Return a field as text; raise UserError where it is missing, or neither text nor a whole number."""
    value = fields.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int):
        found = f"{type(value).__name__}" if key in fields else f"keys {', '.join(map(str, fields)) or 'none'}"
        raise UserError(f"{where}: {key}: found {found}; text is needed")
    return str(value)


def _unreadable() -> tuple[type[Exception], ...]:
    return (*damages(), OSError)


def _ending(name: str) -> str:
    path = PurePath(name)
    ending = PurePath(path.stem).suffix if path.suffix in COMPRESSED else path.suffix
    if ending not in _READERS:
        raise UserError(
            f"{name}: not a kind of file that can be read "
            f"(allowed: {', '.join(_READERS)}, all but parquet also {', '.join(COMPRESSED)})"
        )
    return ending


def _plain(raw: BinaryIO, name: str) -> BinaryIO:
    if name.endswith(".bz2"):
        import bz2

        return cast(BinaryIO, bz2.BZ2File(raw))
    return decompressed(raw, name)


def _decoded(data: bytes, name: str, line: int) -> str:
    """Return bytes that begin on this line as text."""
    try:
        return (data.removeprefix(_MARK) if line == 1 else data).decode()
    except UnicodeDecodeError as error:
        line += error.object.count(b"\n", 0, error.start)
        raise UserError(f"{name}:{line}: not UTF-8: byte 0x{error.object[error.start]:02x}") from error


def _whole(file: inputs.InputFile) -> str:
    with file.open() as raw:
        return _decoded(_plain(raw, file.name).read(), file.name, 1)


def _lines(file: inputs.InputFile) -> Iterator[tuple[str, str]]:
    with file.open() as raw:
        for number, line in enumerate(_plain(raw, file.name), start=1):
            if words := _decoded(line.removesuffix(b"\n"), file.name, number).strip():
                yield f"{file.name}:{number}", words


def _json_lines(file: inputs.InputFile) -> Items:
    for where, line in _lines(file):
        yield where, _parsed(line, where)


def _json(file: inputs.InputFile) -> Items:
    """Yield a JSON document; of a list of items each as one, by number."""
    value = _parsed(_whole(file), file.name)
    if not isinstance(value, list):
        yield file.name, value
        return
    for number, item in enumerate(value, start=1):
        yield f"{file.name}:{number}", item


def _parsed(words: str, where: str) -> Any:
    try:
        return json.loads(words)
    except ValueError as error:
        raise UserError(f"{where}: not JSON: {error}") from error
    except RecursionError as error:
        raise UserError(f"{where}: lists or objects inside one another deeper than can be read") from error


def _parquet(file: inputs.InputFile) -> Items:
    # Loaded here: a recipe is checked without it.
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    number = 0
    try:
        with file.open() as raw:
            for batch in ParquetFile(raw).iter_batches(1024):
                for fields in batch.to_pylist():
                    number += 1
                    yield f"{file.name}:{number}", fields
    except ArrowException as error:
        raise UserError(f"{file.name}: not a Parquet file: {error}") from error


def _table(file: inputs.InputFile) -> Items:
    """Yield the cells of each row under their numbers, or under the names in the first row."""
    csv.field_size_limit(sys.maxsize)  # questions with a book above them are longer than the 131,072 of old
    found = csv.reader(StringIO(_whole(file), newline=""), delimiter="\t" if ".tsv" in file.name else ",")
    header: list[str] = []
    begin = 1
    try:
        for row in found:
            header = header or row
            names = [*header, *map(str, range(len(header), len(row)))]
            yield f"{file.name}:{begin}", dict(zip(names, row, strict=False))
            begin = found.line_num + 1
    except csv.Error as error:
        raise UserError(f"{file.name}:{begin}: not a table: {error}") from error


_READERS: dict[str, Callable[[inputs.InputFile], Items]] = {
    ".jsonl": _json_lines,
    ".json": _json,
    ".parquet": _parquet,
    ".csv": _table,
    ".tsv": _table,
    ".txt": _lines,
    ".md": _lines,
}
