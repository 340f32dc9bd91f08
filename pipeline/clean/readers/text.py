"""Reads plain text and Markdown: one document a file, or several where the recipe says what divides them.

The YAML at the head of a Markdown file is no text; ``id``, ``url`` and ``license`` are taken from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any

from pipeline.clean.inputs import InputFile
from pipeline.clean.readers.compressed import damages, decompressed, lines
from pipeline.clean.record import Record, damaged, from_fields, unreadable
from pipeline.sources import Text

_HEAD = re.compile(r"---[ \t]*\n(.{0,20000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_MARKDOWN = (".md", ".markdown", ".mdx", ".qmd", ".rmd")


def read_text(read: Text, files: Iterable[InputFile]) -> Iterator[Record]:
    """Yield one record a document, named by its file (and the number of its first line, where files are divided)."""
    divided = read.between is not None or read.before is not None
    broken = damages()
    for file in files:
        line = 1
        try:
            with file.open() as raw, decompressed(raw, file.name) as stream:
                for line, data in _documents(read, lines(stream)):
                    yield _record(file, line, data, raw.tell(), divided)
        except broken as error:
            yield damaged(file.name, line, error)


def _documents(read: Text, found: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield (number of the first line, contents); empty ones only where a file holds nothing else."""
    between = re.compile(read.between) if read.between is not None else None
    before = re.compile(read.before) if read.before is not None else None
    begin, held, any_yet = 1, list[bytes](), False
    for number, line in enumerate(found, start=1):
        text = line.decode(errors="replace").rstrip("\r\n") if between or before else ""
        divides = between is not None and between.fullmatch(text) is not None
        if divides or (before is not None and before.match(text)):
            if b"".join(held).strip():
                yield begin, b"".join(held)
                any_yet = True
            begin, held = (number + 1, []) if divides else (number, [line])
        else:
            held.append(line)
    if b"".join(held).strip() or not any_yet:
        yield begin, b"".join(held)


def _record(file: InputFile, line: int, data: bytes, position: int, divided: bool) -> Record:
    where, name = f"{file.name}:{line}", f"{file.name}:{line}" if divided else file.name
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        number = line + data.count(b"\n", 0, error.start)
        found = f"line {number} holds byte 0x{data[error.start]:02x}"
        return unreadable("not_utf8", found, "UTF-8", where, position, data[:10_000].decode(errors="replace"))
    head: Mapping[str, Any] = {}
    if _is_markdown(file.name) and (match := _HEAD.match(text)) and (head := _fields(match[1])):
        text = text[match.end() :]
    return from_fields({"id": name, **head, "text": text}, "text", "id", where, position)


def _is_markdown(name: str) -> bool:
    return any(suffix.lower() in _MARKDOWN for suffix in PurePath(name).suffixes[-2:])


def _fields(head: str) -> Mapping[str, Any]:
    import yaml

    try:
        fields = yaml.safe_load(head)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}  # a text that merely begins with a rule
    return {str(key): value for key, value in fields.items()} if isinstance(fields, Mapping) else {}
