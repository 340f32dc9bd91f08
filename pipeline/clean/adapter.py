"""The border to datatrove: our readers, language model and filters as steps of its pipelines.

A step is pickled to the workers, so it holds settings and opens models and files only while it runs.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from datatrove.data import Document, DocumentsPipeline
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.writers import ParquetWriter

from pipeline.clean.corpus import BATCH_ROWS, COMPRESSION, FILTERED, LINES_SCHEMA, REMOVED_SCHEMA
from pipeline.clean.fences import hidden, shown
from pipeline.clean.filter import Filter, Page, Rejection
from pipeline.clean.language_model import LanguageModel
from pipeline.clean.record import Record
from pipeline.clean.repair import Repair

KEPT_SCHEMA = FILTERED.append(pa.field("id_hash", pa.binary(16))).append(pa.field("text_hash", pa.binary(16)))
"""Documents that passed the filters, with what finding duplicates needs."""
_REPORT_SECONDS = 0.5


class Read(PipelineStep):
    """The source's records of one task, as documents."""

    type = "READER"
    name = "source"

    def __init__(self, source: str, license: str, records: Callable[[int], Iterator[Record]], progress: Path) -> None:
        super().__init__()
        self.source, self.license, self.records, self.progress = source, license, records, progress

    def run(self, data: DocumentsPipeline = None, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Yield documents, and note from time to time how far the task has come."""
        done, spoken, position = 0, 0.0, 0
        for record in self.records(rank):
            if record.position < position:
                done += position  # a new file has begun
            position = record.position
            if time.monotonic() - spoken > _REPORT_SECONDS:
                (self.progress / f"{rank:05d}").write_text(str(done + position))
                spoken = time.monotonic()
            self.stat_update("total")
            yield self._document(record)

    def _document(self, record: Record) -> Document:
        name = record.id
        if name is None:
            name = record.where if record.problem else _name_of(record.text)
        metadata = {
            "file_line": record.where,
            "url": record.url,
            "license": record.license or self.license,
            "parents": list(record.parents),
            "made_by": record.made_by,
            "source": self.source,
            "language": "",
            "language_score": 0.0,
            "repaired": [],
            "problem": record.problem,
        }
        return Document(text=record.text, id=f"{self.source}/{name}", metadata=metadata)


class SetAside(BaseFilter):
    """Records that could not be read go no further."""

    type = "FILTER"
    name = "unreadable records"

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Turn away a document that carries a problem."""
        return _turn_away(doc, doc.metadata["problem"])


class Identify(PipelineStep):
    """The language of each document."""

    type = "LANGUAGE"
    name = "fastText"

    def __init__(self, model: Path) -> None:
        super().__init__()
        self.model = model

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Write language and score into the metadata."""
        model = LanguageModel(self.model)
        for document in data:
            document.metadata["language"], document.metadata["language_score"] = model.identify(document.text)
            yield document


class Rules(BaseFilter):
    """Our filters in their order; the first that rejects names the reason."""

    type = "FILTER"
    name = "rules"

    def __init__(self, filters: Sequence[Filter], profile: str, exclusion_writer: ParquetWriter) -> None:
        super().__init__(exclusion_writer)
        self.filters, self.profile = tuple(filters), profile

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Ask each filter."""
        found = doc.metadata
        page = Page(doc.text, self.profile, found["language"], found["language_score"], found["url"])
        for rule in self.filters:
            if rejection := rule.reject(page):
                return _turn_away(doc, rejection)
        return True


class Repairs(PipelineStep):
    """Our repairs in their order; what each mended is counted in the document's metadata, and taken lines are kept."""

    type = "REPAIR"
    name = "repairs"

    def __init__(self, repairs: Sequence[Repair], profile: str, lines_writer: ParquetWriter) -> None:
        super().__init__()
        self.repairs, self.profile, self.lines_writer = tuple(repairs), profile, lines_writer

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Mend the text, and make sure that it can be written: a lone surrogate has no UTF-8."""
        with self.lines_writer as writer:
            for document in data:
                document.text, counts, lines = repaired(document.text, self.repairs, self.profile)
                document.metadata["repaired"] = list(counts.items())
                for what, line in lines:
                    about = {"what": what, "file_line": document.metadata["file_line"]}
                    writer.write(Document(text=line, id=document.id, metadata=about), rank)
                yield document


class Mended(NamedTuple):
    """A text after all repairs."""

    text: str
    counts: dict[str, int]
    """What was mended -> in how many places."""
    lines: list[tuple[str, str]]
    """(what took it out, line), after the repairs that follow: personal data is masked in these too."""


def repaired(text: str, repairs: Sequence[Repair], profile: str) -> Mended:
    """Take a text through the repairs; what comes out can be written as UTF-8."""
    counts: dict[str, int] = {}
    lines: list[tuple[str, str]] = []
    for repair in repairs:
        text, held = hidden(text) if repair.spares_code else (text, [])
        text, found, taken = repair.repair(text, profile)
        text = shown(text, held)
        counts.update(found)
        lines = [(what, repair.repair(line, profile).text) for what, line in lines]
        lines += [(repair.kind, shown(line, held)) for line in taken]
    return Mended(_writable(text), counts, [(what, _writable(line)) for what, line in lines])


def _writable(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", errors="replace").decode("utf-8")


def writer_of_kept(folder: Path) -> ParquetWriter:
    """Return a writer of one file a task, with the hashes by which duplicates are found."""
    return _writer(folder, "${rank}.parquet", KEPT_SCHEMA, _kept_row)


def writer_of_removed(folder: Path) -> ParquetWriter:
    """Return a writer of one file for each reason and task."""
    return _writer(folder, "${filter_reason}/${rank}.parquet", REMOVED_SCHEMA, _removed_row)


def writer_of_lines(folder: Path) -> ParquetWriter:
    """Return a writer of one file for each repair that takes out lines, and task."""
    return _writer(folder, "${what}/${rank}.parquet", LINES_SCHEMA, _line_row)


def _name_of(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).hexdigest()


def text_hash(text: str) -> bytes:
    """Return the hash under which two texts are the same: white space does not count."""
    return hashlib.blake2b(" ".join(text.split()).encode(), digest_size=16).digest()


_Row = Callable[[Any, Document], dict[str, Any]]


def _writer(folder: Path, name: str, schema: pa.Schema, row: _Row) -> ParquetWriter:
    return ParquetWriter(
        str(folder),
        name,
        compression=COMPRESSION,
        adapter=row,
        batch_size=BATCH_ROWS,
        schema=schema,
        max_file_size=-1,
        use_content_defined_chunking=False,
        write_page_index=False,
    )


def _turn_away(doc: Document, rejection: Rejection | None) -> bool | tuple[bool, str]:
    if rejection is None:
        return True
    doc.metadata["found"], doc.metadata["allowed"] = rejection.found, rejection.allowed
    return False, rejection.reason


def _kept_row(writer: Any, document: Document) -> dict[str, Any]:
    columns = {name: document.metadata[name] for name in FILTERED.names if name not in ("id", "text")}
    return {
        "id": document.id,
        "text": document.text,
        **columns,
        "text_hash": text_hash(document.text),
        "id_hash": hashlib.blake2b(document.id.encode(), digest_size=16).digest(),
    }


def _line_row(writer: Any, document: Document) -> dict[str, Any]:
    return {"id": document.id, "text": document.text, "file_line": document.metadata["file_line"]}


def _removed_row(writer: Any, document: Document) -> dict[str, Any]:
    found = document.metadata
    return {
        "id": document.id,
        "text": document.text,
        "reason": found["filter_reason"],
        "found": found["found"],
        "allowed": found["allowed"],
        "file_line": found["file_line"],
    }
