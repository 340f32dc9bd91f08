"""Reads web archives: the pages that servers answered with, and the plain texts of WET files.

Every other record of a page's kind is counted: what is not a page or was not there goes with that reason. Requests and
metadata hold no documents. A file is one task, because a gzip WARC can only be read from its beginning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.clean.inputs import InputFile
from pipeline.clean.markup.sandbox import LONGEST_PAGE, Extractor, extractor
from pipeline.clean.readers.compressed import damages, decompressed
from pipeline.clean.readers.html import page_record
from pipeline.clean.record import Record, damaged, from_fields, unreadable

_PAGES = ("text/html", "application/xhtml+xml")


def read_warc(files: Iterable[InputFile]) -> Iterator[Record]:
    """Yield one record an answer or text, and one for what a damaged file has lost."""
    with extractor() as pages:
        for file in files:
            yield from _read_file(file, pages)


def _read_file(file: InputFile, pages: Extractor) -> Iterator[Record]:
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    number = 0
    try:
        with file.open() as raw, decompressed(raw, file.name) as stream:
            contents = _Contents(stream)
            for number, entry in enumerate(ArchiveIterator(contents), start=1):
                if entry.rec_type in ("response", "resource", "conversion"):
                    where = f"{file.name}:{number}"
                    data = entry.content_stream().read(LONGEST_PAGE + 1)
                    if len(data) <= LONGEST_PAGE and entry.raw_stream.limit > 0:
                        raise EOFError(f"a record lacks {entry.raw_stream.limit} bytes")
                    yield _record(entry, data, where, raw.tell(), pages)
            if contents.damage is not None:
                raise contents.damage
    except (ArchiveLoadFailed, *damages(), OSError, ValueError, AttributeError) as error:
        yield damaged(file.name, number, error)


class _Contents:
    """What is decompressed, as warcio reads it; it takes a file that stops early for a whole one, so damage is kept."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.damage: Exception | None = None

    def read(self, size: int) -> bytes:
        try:
            return bytes(self._stream.read1(size))
        except damages() as error:
            self.damage = error
            return b""


def _record(entry: Any, data: bytes, where: str, position: int, pages: Extractor) -> Record:
    header = entry.rec_headers.get_header
    name, url = header("WARC-Record-ID") or "", header("WARC-Target-URI") or ""
    fields = {"id": name.strip("<>").removeprefix("urn:uuid:"), "url": url}
    if entry.rec_type == "conversion":
        return _plain(data, fields, where, position)
    answered = entry.http_headers
    status = answered.get_statuscode() if answered else "200"
    if status != "200":
        return unreadable("http_status", f"{status} for {url}", "200", where, position)
    kind, _, more = ((answered.get_header("Content-Type") if answered else header("Content-Type")) or "").partition(";")
    if kind.strip().lower() == "text/plain":
        return _plain(data, fields, where, position)
    if kind.strip().lower() not in _PAGES:
        return unreadable("not_a_page", f"{kind or 'no type'} at {url}", ", ".join(_PAGES), where, position)
    charset = more.partition("charset=")[2].split(";")[0].strip(" \"'")
    return page_record(pages, data, where, position, fields["id"] or None, url, charset)


def _plain(data: bytes, fields: dict[str, str], where: str, position: int) -> Record:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"byte 0x{data[error.start]:02x}"
        return unreadable("not_utf8", found, "UTF-8", where, position, data[:10_000].decode(errors="replace"))
    return from_fields({**fields, "text": text}, "text", "id", where, position)
