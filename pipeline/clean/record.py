"""A record: one document as a reader found it, or the reason why it cannot be read.

Readers never raise for a bad record: they hand it on with its problem, so that it is counted and set aside.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.clean.filter import Rejection

DAMAGED_FILE = "damaged_file"
"""A file that ends, or stops making sense, before its end: nobody knows how many documents are lost with its rest."""
UNREADABLE = (
    "not_json",
    "not_utf8",
    "not_an_object",
    "no_text",
    "text_not_a_string",
    "line_too_long",
    "extraction_failed",
    DAMAGED_FILE,
)
"""Reasons that count towards ``largest_bad_share``: the record is broken, not merely poor."""
LONGEST_SAMPLE = 10_000
"""Characters kept of a line that could not be read."""


@dataclass(frozen=True)
class Record:
    """One record of a source."""

    where: str
    """``file:line``, or ``file:row``."""
    position: int
    """Bytes of its file read so far (documents made so far, where there is no file); for progress only."""
    text: str = ""
    id: str | None = None
    """The record's own id."""
    url: str = ""
    license: str = ""
    parents: tuple[str, ...] = ()
    """Ids of the documents it was made from."""
    made_by: str = ""
    """Program or model that made it; empty for found text."""
    problem: Rejection | None = None


def from_fields(fields: Mapping[str, Any], text_key: str, id_key: str, where: str, position: int) -> Record:
    """Return the record that a JSON object or table row holds; ``url`` and the like may lie under ``metadata``."""
    text, own = fields.get(text_key), fields.get(id_key)
    if text is None or (isinstance(text, str) and not text.strip()):
        found = "it is empty" if text_key in fields else f"fields {', '.join(map(str, fields)) or 'none'}"
        sample = json.dumps(fields, ensure_ascii=False, default=str)
        return unreadable("no_text", found, f"text in the field {text_key}", where, position, sample)
    if not isinstance(text, str):
        sample = json.dumps(text, ensure_ascii=False, default=str)
        return unreadable("text_not_a_string", type(text).__name__, f"a string in {text_key}", where, position, sample)
    inner = fields.get("metadata")
    metadata = {**inner, **fields} if isinstance(inner, Mapping) else fields
    named = isinstance(own, str | int) and not isinstance(own, bool) and own != ""
    return Record(
        where,
        position,
        text,
        writable(str(own)) if named else None,
        _string(metadata, "url"),
        _string(metadata, "license"),
        _strings(metadata, "parents"),
        _string(metadata, "made_by"),
    )


def unreadable(reason: str, found: str, allowed: str, where: str, position: int, sample: str = "") -> Record:
    """Return a record that only says what is wrong, with the beginning of what was found."""
    problem = Rejection(reason, writable(found), allowed)
    return Record(where, position, writable(sample[:LONGEST_SAMPLE]), problem=problem)


def damaged(name: str, number: int, error: BaseException | str) -> Record:
    """Return the record that stands for the rest of a file, after so many that could be read."""
    said = f"damaged after record {number}: {str(error) or type(error).__name__}"
    return unreadable(DAMAGED_FILE, said, "a whole file", f"{name}:{number + 1}", 0)


def writable(text: str) -> str:
    """Return the text with a question mark for every lone surrogate, which has no UTF-8."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def _string(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key)
    return writable(value) if isinstance(value, str) else ""


def _strings(fields: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = fields.get(key)
    return tuple(writable(str(item)) for item in value) if isinstance(value, list | tuple) else ()
