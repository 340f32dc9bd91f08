"""What cleaning did to each source: how many documents went in, what was removed and why, and what is left.

Removed texts are hostile until shown otherwise: samples are shortened here and escaped by the page's template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline import artifact
from pipeline.clean.corpus import REMOVED, REMOVED_LINES
from pipeline.report.table import Table, spread

SAMPLES = 3
"""Removed documents shown for each reason, and lines for each repair that takes out lines."""
SAMPLE_CHARACTERS = 240
_COLUMNS = ("id", "text", "found", "allowed", "file_line")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BLANK = re.compile(r"\s*\n")


@dataclass(frozen=True)
class Sample:
    """A removed document or line, shortened."""

    id: str
    text: str
    characters: int
    """Length of the whole text."""
    found: str
    """What the rule found; empty of a line."""
    allowed: str
    file_line: str
    """Where the raw record lies; empty where the corpus does not say."""


@dataclass(frozen=True)
class Removal:
    """What one reason took away."""

    reason: str
    documents: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class TakenLines:
    """Lines that one repair took out of documents, whether these were kept or not."""

    repair: str
    lines: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class Funnel:
    """One source from raw records to documents."""

    source: str
    license: str
    documents_in: int
    kept: int
    characters: int
    """Characters of the documents that were kept."""
    removals: tuple[Removal, ...]
    """Most frequent reason first."""
    repaired: tuple[tuple[str, int], ...]
    """(what was mended or masked in the documents that were kept, in how many places), most frequent first."""
    taken: tuple[TakenLines, ...]
    """By the name of the repair."""

    @property
    def removed(self) -> int:
        """Documents that were turned away."""
        return self.documents_in - self.kept


@dataclass(frozen=True)
class Corpus(Funnel):
    """One source from raw records to training tokens."""

    tokens: int
    """Tokens of the documents that were kept, held-out ones included."""


def read_corpus(root: Path, source: str) -> Corpus:
    """Read ``corpus/<source>`` and the counts of ``tokens/<source>``."""
    encoded = artifact.read_manifest(root / "tokens" / source).counts
    tokens = encoded["train_tokens"] + encoded["validation_tokens"]
    return Corpus(**vars(read_funnel(root / "corpus" / source)), tokens=tokens)


def read_funnel(folder: Path) -> Funnel:
    """Read a corpus's counts, with samples of what each reason took away."""
    counts = artifact.read_manifest(folder).counts
    removed: dict[str, int] = counts["removed"]
    return Funnel(
        source=folder.name,
        license=counts["license"],
        documents_in=counts["documents_in"],
        kept=counts["kept"],
        characters=counts["characters"],
        removals=tuple(Removal(r, n, tuple(_samples(folder / REMOVED / r))) for r, n in ranked(removed) if n),
        repaired=tuple(ranked(counts.get("repaired", {}))),
        taken=tuple(_taken(at) for at in sorted((folder / REMOVED_LINES).glob("*"))),
    )


def _taken(folder: Path) -> TakenLines:
    lines = sum(pq.read_metadata(path).num_rows for path in folder.glob("*.parquet"))
    return TakenLines(folder.name, lines, tuple(_samples(folder)))


def ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the counts, largest first."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _samples(folder: Path) -> Iterator[Sample]:
    """Yield what a reason removed from all over the corpus: the same rows every time."""
    table = Table(sorted(folder.glob("*.parquet")))
    return map(_sample, table.rows(spread(len(table), SAMPLES), _COLUMNS))


def _sample(row: dict[str, Any]) -> Sample:
    text = row["text"] or ""
    place = row.get("file_line") or ""
    found, allowed = row.get("found") or "", row.get("allowed") or ""
    return Sample(row["id"] or "", shorten(text), len(text), found, allowed, place)


def shorten(text: str, characters: int = SAMPLE_CHARACTERS, *, lines: int = 4) -> str:
    """Return the beginning of a text on few lines, with control characters made visible and ``…`` where it was cut."""
    start = _BLANK.sub("\n", _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text[: 4 * characters])).strip()
    shown = "\n".join(start.split("\n")[:lines])[:characters]
    return shown if len(shown) == len(start) and len(text) <= 4 * characters else shown.rstrip() + " …"
