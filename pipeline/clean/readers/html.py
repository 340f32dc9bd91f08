"""Reads HTML pages, one document a file (`pipeline.clean.markup`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipeline.clean.inputs import InputFile
from pipeline.clean.markup.sandbox import Extractor, extractor
from pipeline.clean.record import Record, unreadable

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_WIDE = (b"\xff\xfe", b"\xfe\xff")
"""How UTF-16 begins."""


def read_html(files: Iterable[InputFile]) -> Iterator[Record]:
    """Yield one record a page, named by its file."""
    with extractor() as pages:
        for file in files:
            yield page_record(pages, file.read(), f"{file.name}:1", file.bytes, file.name)


def page_record(
    pages: Extractor, data: bytes, where: str, position: int, id: str | None, url: str = "", charset: str = ""
) -> Record:
    """Return the record of a page's bytes; ``charset`` is what its server said."""
    page = decode(data, charset)
    if page is None:
        sample = data[:1000].decode(errors="replace")
        allowed = "UTF-8, or the charset that the page names"
        return unreadable("not_utf8", "undecodable bytes", allowed, where, position, sample)
    return pages.record(page, where, position, id, url)


def decode(data: bytes, charset: str = "") -> str | None:
    """Return a page's characters: UTF-8, else the charset it names, else its server's; None where none fits."""
    named = _CHARSET.search(data[:2048])
    found = [named[1].decode().lower()] if named else []
    names = ["utf-16"] if data.startswith(_WIDE) else ["utf-8-sig", *found, *([charset.lower()] if charset else [])]
    for name in names:
        try:
            return data.decode("gb18030" if name in ("gb2312", "gbk") else name)
        except (UnicodeDecodeError, LookupError, ValueError):
            continue
    return None
