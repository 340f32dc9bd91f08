"""Documents that were made: samples of what programs and models wrote with their lineage, and how many answers passed.

A model's answers are hostile until shown otherwise: they are shortened here and escaped by the page's template.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline import artifact
from pipeline.clean import corpus
from pipeline.report.corpora import SAMPLES, Removal, Sample, ranked, shorten
from pipeline.report.table import Integers, Table, spread
from pipeline.synthesize.output import DOCUMENTS, REJECTED

_TEXT, _LINES = 900, 16
"""Of a sample: a question with its whole answer, mostly."""
_OF_EACH_PROMPT = 2
_COLUMNS = ("id", "text", "made_by", "parents")
_REJECTED = ("id", "text", "found", "allowed", "document")
_LINEAGE = (
    "id",
    "document",
    "snippet_begin",
    "snippet_end",
    "prompt",
    "prompt_hash",
    "model",
    "sampling",
    "request",
)


@dataclass(frozen=True)
class MadeDocument:
    """One document and where it comes from."""

    id: str
    text: str
    lineage: tuple[tuple[str, str], ...]
    """(what, value): what made it, and for a model's the page, the stretch of it, the prompt and the sampling."""


@dataclass(frozen=True)
class Answers:
    """What became of a model's answers."""

    model: str
    seeds: str
    """The source whose pages were asked about."""
    counts: Mapping[str, Any]
    """The manifest's counts."""
    removals: tuple[Removal, ...]
    """Most frequent reason first."""


@dataclass(frozen=True)
class Made:
    """One source whose documents were made."""

    source: str
    documents: tuple[MadeDocument, ...]
    answers: Answers | None
    """None where a program made them."""


def read_made(root: Path, source: str, maker: Literal["program", "model"]) -> Made:
    """Read a source that a model wrote, or that was made by program."""
    kept = Table(corpus.parts(root / "corpus" / source))
    if maker == "program":
        shown = [_document(row, _program(row)) for row in kept.rows(spread(len(kept), SAMPLES), _COLUMNS)]
        return Made(source, tuple(shown), None)
    written = root / "synthetic" / source
    rows = {row["id"].removeprefix(f"{source}/"): row for row in _of_each_prompt(kept)}
    documents = Table([written / DOCUMENTS])
    lineage = {row["id"]: row for row in documents.rows(documents.numbers_of("id", rows), _LINEAGE)}
    shown = [_document(row, _facts(lineage[name])) for name, row in rows.items()]
    return Made(source, tuple(shown), read_answers(written))


def read_answers(folder: Path) -> Answers:
    """Read the counts of ``synthetic/<source>``, with samples of what each reason turned away."""
    manifest = artifact.read_manifest(folder)
    rejected = Table([folder / REJECTED])
    rows = rejected.by_value("reason")
    counts: Mapping[str, int] = manifest.counts["removed"]
    removals = tuple(Removal(r, n, tuple(_rejected(rejected, rows[r]))) for r, n in ranked(counts) if n)
    settings = manifest.settings
    return Answers(settings["generator"]["model"], settings["corpus"], manifest.counts, removals)


def _rejected(table: Table, numbers: Integers) -> Iterator[Sample]:
    for row in table.rows([int(numbers[at]) for at in spread(len(numbers), SAMPLES)], _REJECTED):
        text, about = row["text"] or "", f"an answer about {row['document']}"
        yield Sample(row["id"], shorten(text), len(text), row["found"], row["allowed"], about)


def _of_each_prompt(kept: Table) -> Iterator[dict[str, Any]]:
    """Yield documents of every prompt."""
    for numbers in kept.by_value("made_by").values():
        yield from kept.rows([int(numbers[at]) for at in spread(len(numbers), _OF_EACH_PROMPT)], _COLUMNS)


def _document(row: Mapping[str, Any], lineage: Sequence[tuple[str, str]]) -> MadeDocument:
    return MadeDocument(row["id"], shorten(row["text"], _TEXT, lines=_LINES), tuple(lineage))


def _program(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [("made by", row["made_by"]), *(("made from", parent) for parent in row["parents"] or ())]


def _facts(lineage: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        ("page", lineage["document"]),
        ("snippet", f"characters {lineage['snippet_begin']} to {lineage['snippet_end']} of it"),
        ("model", lineage["model"]),
        ("prompt", f"{lineage['prompt']}, wording {lineage['prompt_hash']}"),
        ("sampling", lineage["sampling"]),
        ("answer", lineage["request"]),
    ]
