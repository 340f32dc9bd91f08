"""A glossary: terms with definitions, from a table or from a dictionary in the format of dictd.

A table is UTF-8 text with ``term<TAB>definition`` on each line, and a topic behind another tab if it likes. A
dictionary is named by its ``.index``; its text stands beside it as ``.dict.dz`` or ``.dict``.
"""

from __future__ import annotations

import gzip
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

_DIGITS = {
    letter: value for value, letter in enumerate(string.ascii_uppercase + string.ascii_lowercase + "0123456789+/")
}
_NUMBERED = re.compile(r"^\s*1\.\s+")
_TOPIC = re.compile(r"^\s*(?:\d+\.\s*)?<([^<>]+)>\s*")


class GlossaryError(ValueError):
    """A glossary that cannot be read as one; the message names file and line."""


@dataclass(frozen=True)
class Entry:
    """A term in one of its meanings."""

    term: str
    definition: str
    topic: str
    """Empty where the glossary names none."""
    line: int = field(default=0, compare=False)
    """Where it lies in the table, or in the index of the dictionary."""


def read_glossary(path: Path) -> list[Entry]:
    """Return the entries in the order of the file; raise GlossaryError for a file that is none."""
    if not path.is_file():
        raise GlossaryError(f"{path}: no such file; a glossary is a table (term, tab, definition) or a dictd .index")
    try:
        entries = list(_dictd(path) if path.suffix == ".index" else _table(path))
    except UnicodeDecodeError as error:
        raise GlossaryError(f"{path}: not UTF-8 at byte {error.start}") from error
    if not entries:
        raise GlossaryError(f"{path}: no entries; a table has term, tab, definition on each line")
    return entries


def _table(path: Path) -> Iterator[Entry]:
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if not line.strip():
            continue
        columns = [column.strip() for column in line.split("\t")]
        if len(columns) not in (2, 3) or not columns[0] or not columns[1]:
            raise GlossaryError(
                f"{path}:{number}: found {len(columns)} column(s); a line is term, tab, definition, and if "
                f"wanted tab, topic"
            )
        yield Entry(columns[0], columns[1], columns[2] if len(columns) == 3 else "", number)


def _dictd(path: Path) -> Iterator[Entry]:
    text = _text_beside(path)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        columns = line.split("\t")
        if len(columns) < 3 or not all(column and set(column) <= _DIGITS.keys() for column in columns[1:3]):
            raise GlossaryError(f"{path}:{number}: not headword, tab, offset, tab, length")
        if columns[0].startswith("00"):
            continue
        start, length = _number(columns[1]), _number(columns[2])
        if start + length > len(text):
            raise GlossaryError(f"{path}:{number}: ends at byte {start + length} of a text of {len(text)}")
        entry = _entry(text[start : start + length].decode("utf-8", "replace"))
        if entry is not None:
            yield replace(entry, line=number)


def _text_beside(path: Path) -> bytes:
    packed, plain = path.with_suffix(".dict.dz"), path.with_suffix(".dict")
    if packed.is_file():
        try:
            with gzip.open(packed) as file:
                return file.read()
        except (OSError, EOFError) as error:
            raise GlossaryError(f"{packed}: cannot be unpacked: {error}") from error
    if plain.is_file():
        return plain.read_bytes()
    raise GlossaryError(f"{path}: neither {packed.name} nor {plain.name} stands beside it")


def _number(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * 64 + _DIGITS[digit]
    return value


def _entry(text: str) -> Entry | None:
    """Return the first paragraph of an article under its first line, or nothing where there is none."""
    head, _, body = text.strip().partition("\n")
    paragraphs = re.split(r"\n\s*\n", body.strip("\n"))
    first = next((p for p in paragraphs if len(_TOPIC.sub("", p).strip()) > 20), None)
    if first is None:
        return None
    topic = _TOPIC.match(first)
    words = _NUMBERED.sub("", _TOPIC.sub("", first)).replace("{", "").replace("}", "").split()
    definition = " ".join(words).rstrip(":")
    return Entry(head.strip(), definition, topic[1].split(",")[0].strip() if topic else "")
