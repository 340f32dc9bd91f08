"""Extraction in a process of its own (datatrove's sandbox): a page that hangs or eats all memory costs one record.

The process is shared by the pages of a task and made again after it has died.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipeline.clean.markup.main_text import main_text
from pipeline.clean.record import Record, unreadable, writable

SECONDS = 60.0
"""A page that takes longer is set aside; far above what any honest page needs, so that load decides nothing."""
LONGEST_PAGE = 1 << 25
"""Bytes; a longer page is a dump of data, of which a parser would need many times its size."""


class Extractor:
    """Turns pages into records."""

    def __init__(self, sandbox: Any) -> None:
        self._sandbox = sandbox

    def record(self, page: str, where: str, position: int, id: str | None, url: str) -> Record:
        """Return the record of a page; one with a problem where no text is found."""
        if len(page) > LONGEST_PAGE:
            found = f"{len(page):,} characters"
            return unreadable("extraction_failed", found, f"at most {LONGEST_PAGE:,}", where, position, page)
        try:
            text = self._sandbox.process_document(page, _extract)
        except (TimeoutError, EOFError, OSError, _Failed) as error:
            said = str(error) or type(error).__name__
            return unreadable("extraction_failed", said, f"done in {SECONDS:.0f} s", where, position, page)
        if not text.strip():
            return unreadable("no_text", "no main text", "a page with text", where, position, page)
        return Record(where, position, text, id, writable(url))


@contextmanager
def extractor() -> Iterator[Extractor]:
    """Start the process, and end it."""
    from datatrove.pipeline.extractors.base import ExtractorSandbox
    from loguru import logger

    logger.disable("datatrove.pipeline.extractors")
    with ExtractorSandbox(timeout=SECONDS, warmup_text="") as sandbox:
        yield Extractor(sandbox)


class _Failed(Exception):  # noqa: N818 - it crosses to the parent as a value
    """What went wrong inside."""


def _extract(page: str) -> str | _Failed:
    try:
        return main_text(page)
    except Exception as error:  # whatever a parser makes of a page: the parent counts it
        return _Failed(f"{type(error).__name__}: {error}")
