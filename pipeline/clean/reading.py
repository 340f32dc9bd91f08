"""Reading a source: which tasks there are, and the records of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.clean import inputs
from pipeline.clean.inputs import InputFile
from pipeline.clean.readers.arrow import read_arrow
from pipeline.clean.readers.html import read_html
from pipeline.clean.readers.hugging_face import num_tasks, read_hugging_face, revision_of
from pipeline.clean.readers.jsonl import read_jsonl
from pipeline.clean.readers.parquet import read_parquet
from pipeline.clean.readers.synthetic import read_synthetic
from pipeline.clean.readers.text import read_text
from pipeline.clean.readers.warc import read_warc
from pipeline.clean.record import Record
from pipeline.errors import UserError
from pipeline.sources import AnyReader, Arrow, Files, Html, HuggingFace, Jsonl, Parquet, Synthetic, Text, Warc


@dataclass(frozen=True)
class Reading:
    """A source resolved to files. Called with a task's number it yields that task's records; picklable."""

    source: str
    read: AnyReader
    data: Path
    seed: int
    tasks: tuple[tuple[InputFile, ...], ...]
    """The files of each task; none where a library finds them."""
    revision: str | None = None
    """Commit of a hub dataset."""

    def __call__(self, task: int) -> Iterator[Record]:
        """Yield the records of one task, in order."""
        match self.read:
            case Jsonl():
                return read_jsonl(self.read, self.tasks[task])
            case Parquet():
                return read_parquet(self.read, self.tasks[task])
            case Arrow():
                return read_arrow(self.read, self.tasks[task])
            case Html():
                return read_html(self.tasks[task])
            case Warc():
                return read_warc(self.tasks[task])
            case Text():
                return read_text(self.read, self.tasks[task])
            case HuggingFace():
                field = field_of(self.source)
                return read_hugging_face(self.read, field, self.data, self.revision, task, len(self.tasks))
            case Synthetic():
                return read_synthetic(self.read, self.source, self.seed, self.data)

    @property
    def size(self) -> tuple[float | None, str]:
        """How much there is to read, and its unit."""
        if isinstance(self.read, Synthetic):
            return float(self.read.documents), "documents"
        if isinstance(self.read, HuggingFace):
            return None, "documents"
        return float(sum(file.bytes for task in self.tasks for file in task)), "bytes"

    @property
    def num_files(self) -> int:
        """Return the number of raw files."""
        return len({file.name for task in self.tasks for file in task}) or len(self.tasks)


def field_of(source: str) -> str:
    """Return how a recipe names the reader of a source."""
    return f"sources.{source}.read"


def resolve(source: str, read: AnyReader, data: Path, seed: int) -> Reading:
    """Find a source's files; raise UserError, naming source and pattern, where there are none."""
    if isinstance(read, Synthetic):
        return Reading(source, read, data, seed, ((),))
    if isinstance(read, HuggingFace):
        field = field_of(source)
        revision = None if (data / read.dataset).is_dir() else revision_of(read.dataset, f"{field}.dataset", data)
        return Reading(source, read, data, seed, ((),) * num_tasks(read, field, data, revision), revision)
    files = [file for group in _find(source, read, data).values() for file in group]
    return Reading(source, read, data, seed, tuple(inputs.tasks(files, lines=isinstance(read, Jsonl))))


def _glossaries(source: str, read: Synthetic, data: Path) -> tuple[str, ...]:
    """Return the files that documents are made from; raise UserError where one is missing."""
    for name in read.synthesizer.files:
        if not (data / name).is_file():
            raise UserError(f"{field_of(source)}.synthesizer: {name}: no such file (paths start at {data})")
    return read.synthesizer.files


def identity(source: str, read: AnyReader, data: Path, cache: Path | None) -> Mapping[str, str]:
    """Return name -> fingerprint of the files that the source reads; most synthetic ones are made from none."""
    if isinstance(read, Synthetic):
        return {name: inputs.content_hash(data / name, cache) for name in _glossaries(source, read, data)}
    if isinstance(read, HuggingFace):
        folder = data / read.dataset
        if not folder.is_dir():
            return {read.dataset: revision_of(read.dataset, f"{field_of(source)}.dataset", data)}
        found = inputs.find(f"{field_of(source)}.dataset", (f"{read.dataset}/**",), data)
    else:
        found = _find(source, read, data)
    return {pattern: inputs.fingerprint(files, cache) for pattern, files in found.items()}


def _find(source: str, read: Files, data: Path) -> dict[str, list[InputFile]]:
    """Find the files; of formats with one document a file, an empty one is an empty document and no mistake."""
    return inputs.find(f"{field_of(source)}.paths", read.paths, data, empty=isinstance(read, Html | Text))
