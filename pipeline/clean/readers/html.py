"""Reads HTML pages: the main text of each, by trafilatura in datatrove's sandboxed process.

Trafilatura's own deduplication is off: it remembers earlier pages, so its output would depend on who read what.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from pipeline.clean.inputs import InputFile
from pipeline.clean.record import Record, unreadable

SECONDS = 60.0
"""A page that takes longer is set aside; far above what any honest page needs, so that load decides nothing."""
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)


def read_html(files: Iterable[InputFile]) -> Iterator[Record]:
    """Yield one record a page, named by its file."""
    from datatrove.pipeline.extractors import Trafilatura
    from datatrove.pipeline.extractors.base import ExtractorSandbox

    step = Trafilatura(deduplicate=False, timeout=SECONDS)
    read = 0
    with ExtractorSandbox(timeout=SECONDS, warmup_text="") as sandbox:
        for file in files:
            read += file.bytes
            yield _read_page(file, read, lambda page: sandbox.process_document(page, step.extract))


def _read_page(file: InputFile, position: int, extract: Callable[[str], str | None]) -> Record:
    data = file.path.read_bytes()
    page = decode(data)
    where = f"{file.name}:1"
    if page is None:
        sample = data[:1000].decode(errors="replace")
        allowed = "UTF-8, or the charset that the page names"
        return unreadable("not_utf8", "undecodable bytes", allowed, where, position, sample)
    try:
        text = extract(page)
    except (TimeoutError, EOFError) as error:
        return unreadable("extraction_failed", str(error), f"done in {SECONDS:.0f} s", where, position, page)
    if not text or not text.strip():
        return unreadable("no_text", "no main text", "a page with text", where, position, page)
    return Record(where, position, text, id=file.name)


def decode(data: bytes) -> str | None:
    """Return a page's characters: UTF-8, else the charset it names; None where neither fits."""
    named = _CHARSET.search(data[:2048])
    charset = named[1].decode().lower() if named else "utf-8"
    for encoding in ("utf-8-sig", "gb18030" if charset in ("gb2312", "gbk") else charset):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return None
