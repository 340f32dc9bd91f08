"""What cleaning did to each source: how many documents went in, what was removed and why, and what is left.

Removed texts are hostile until shown otherwise: samples are shortened here and escaped by the page's template.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline import artifact
from pipeline.clean.corpus import REMOVED, REMOVED_LINES

SAMPLES = 3
"""Removed documents shown for each reason, and lines for each repair that takes out lines."""
SAMPLE_CHARACTERS = 240
_COLUMNS = ("id", "text", "found", "allowed", "file_line")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BLANK = re.compile(r"\s*\n\s*")


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
        removals=tuple(Removal(r, n, tuple(_samples(folder / REMOVED / r))) for r, n in _ranked(removed) if n),
        repaired=tuple(_ranked(counts.get("repaired", {}))),
        taken=tuple(_taken(at) for at in sorted((folder / REMOVED_LINES).glob("*"))),
    )


def _taken(folder: Path) -> TakenLines:
    lines = sum(pq.read_metadata(path).num_rows for path in folder.glob("*.parquet"))
    return TakenLines(folder.name, lines, tuple(_samples(folder)))


def _ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _samples(folder: Path) -> Iterator[Sample]:
    """Yield what a reason removed from all over the corpus, at equal distances: the same rows every time."""
    files = [pq.ParquetFile(path) for path in sorted(folder.glob("*.parquet"))]
    groups = [(file, group) for file in files for group in range(file.num_row_groups)]
    ends = list(accumulate(file.metadata.row_group(group).num_rows for file, group in groups))
    total = ends[-1] if ends else 0
    for row in dict.fromkeys((2 * i + 1) * total // (2 * SAMPLES) for i in range(min(SAMPLES, total))):
        at = bisect_right(ends, row)
        file, group = groups[at]
        table = file.read_row_group(group, columns=[name for name in _COLUMNS if name in file.schema_arrow.names])
        yield _sample(table.slice(row - (ends[at - 1] if at else 0), 1).to_pylist()[0])


def _sample(row: dict[str, Any]) -> Sample:
    text = row["text"] or ""
    place = row.get("file_line") or ""
    found, allowed = row.get("found") or "", row.get("allowed") or ""
    return Sample(row["id"] or "", shorten(text), len(text), found, allowed, place)


def shorten(text: str) -> str:
    """Return the beginning of a text on few lines, with control characters made visible and ``…`` where it was cut."""
    start = _BLANK.sub("\n", _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text[: 4 * SAMPLE_CHARACTERS])).strip()
    lines = start.split("\n")
    shown = "\n".join(lines[:4])[:SAMPLE_CHARACTERS]
    return shown if len(shown) == len(start) and len(text) <= 4 * SAMPLE_CHARACTERS else shown.rstrip() + " …"
