"""Rows of a file that a user names beside the sources: labels one has, examples of a class, benchmark questions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

from pipeline.clean import inputs
from pipeline.clean.readers.compressed import damages, decompressed
from pipeline.errors import UserError


def find(field: str, patterns: Sequence[str], data: Path) -> list[inputs.InputFile]:
    """Return the files of all patterns; raise UserError naming the recipe's field where one fits nothing."""
    return [file for files in inputs.find(field, patterns, data).values() for file in files]


def rows(file: inputs.InputFile) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (``file:line``, fields) of a Parquet file or of JSON lines, plain or compressed.

    Raises UserError for a file that is neither: labels are few, and one that is lost would shift them all.
    """
    from pyarrow import ArrowException

    try:
        yield from (_parquet if file.name.endswith(".parquet") else _lines)(file)
    except ArrowException as error:
        raise UserError(f"{file.name}: not a Parquet file: {error}") from error
    except _faults() as error:
        raise UserError(f"{file.name}: cannot be read: {error}") from error


def text(where: str, fields: Mapping[str, Any], key: str) -> str:
    """Return a field as text; raise UserError where it is missing, or neither text nor a whole number."""
    value = fields.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int):
        found = f"{type(value).__name__}" if key in fields else f"keys {', '.join(map(str, fields)) or 'none'}"
        raise UserError(f"{where}: {key}: found {found}; text is needed")
    return str(value)


def _parquet(file: inputs.InputFile) -> Iterator[tuple[str, Mapping[str, Any]]]:
    import pyarrow.parquet as pq

    number = 0
    with file.open() as raw:
        for batch in pq.ParquetFile(raw).iter_batches(1024):
            for fields in batch.to_pylist():
                number += 1
                yield f"{file.name}:{number}", fields


def _lines(file: inputs.InputFile) -> Iterator[tuple[str, Mapping[str, Any]]]:
    with file.open() as raw:
        for number, line in enumerate(_plain(raw, file.name), start=1):
            if not line.strip():
                continue
            where = f"{file.name}:{number}"
            try:
                fields = json.loads(line)
            except ValueError as error:
                raise UserError(f"{where}: not JSON: {error}") from error
            except RecursionError as error:
                raise UserError(f"{where}: lists or objects inside one another deeper than can be read") from error
            if not isinstance(fields, dict):
                raise UserError(f"{where}: found {type(fields).__name__}; a JSON object is needed")
            yield where, fields


def _faults() -> tuple[type[Exception], ...]:
    return (*damages(), OSError)


def _plain(raw: BinaryIO, name: str) -> BinaryIO:
    if name.endswith(".bz2"):
        import bz2

        return cast(BinaryIO, bz2.BZ2File(raw))
    return decompressed(raw, name)
