"""What cleaning did to each source: how many documents went in, what was removed and why, and what is left.

Removed texts are hostile until shown otherwise: samples are shortened here and escaped by the page's template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline import artifact

SAMPLES = 3
"""Removed documents shown for each reason."""
SAMPLE_CHARACTERS = 240
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BLANK = re.compile(r"\s*\n\s*")


@dataclass(frozen=True)
class Sample:
    """A removed document, shortened."""

    id: str
    text: str
    characters: int
    """Length of the whole text."""
    found: str
    allowed: str


@dataclass(frozen=True)
class Removal:
    """What one reason took away."""

    reason: str
    documents: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class Corpus:
    """One source from raw records to training tokens."""

    source: str
    license: str
    documents_in: int
    kept: int
    characters: int
    """Characters of the documents that were kept."""
    tokens: int
    """Tokens of the documents that were kept, held-out ones included."""
    removals: tuple[Removal, ...]
    """Most frequent reason first."""

    @property
    def removed(self) -> int:
        """Documents that were turned away."""
        return self.documents_in - self.kept


def read_corpus(root: Path, source: str) -> Corpus:
    """Read ``corpus/<source>`` and the counts of ``tokens/<source>``."""
    folder = root / "corpus" / source
    counts = artifact.read_manifest(folder).counts
    encoded = artifact.read_manifest(root / "tokens" / source).counts
    removed: dict[str, int] = counts["removed"]
    ranked = sorted(removed.items(), key=lambda item: (-item[1], item[0]))
    return Corpus(
        source=source,
        license=counts["license"],
        documents_in=counts["documents_in"],
        kept=counts["kept"],
        characters=counts["characters"],
        tokens=encoded["train_tokens"] + encoded["validation_tokens"],
        removals=tuple(Removal(r, n, tuple(_samples(folder / "removed" / r))) for r, n in ranked if n),
    )


def _samples(folder: Path) -> Iterator[Sample]:
    """Yield the first removed documents of a reason, by file and row."""
    left = SAMPLES
    for path in sorted(folder.glob("*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(SAMPLES, columns=["id", "text", "found", "allowed"]):
            rows = batch.to_pylist()[:left]
            yield from map(_sample, rows)
            left -= len(rows)
            if not left:
                return


def _sample(row: dict[str, Any]) -> Sample:
    text = row["text"] or ""
    return Sample(row["id"] or "", shorten(text), len(text), row["found"] or "", row["allowed"] or "")


def shorten(text: str) -> str:
    """Return the beginning of a text on few lines, with control characters made visible and ``…`` where it was cut."""
    start = _BLANK.sub("\n", _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text[: 4 * SAMPLE_CHARACTERS])).strip()
    lines = start.split("\n")
    shown = "\n".join(lines[:4])[:SAMPLE_CHARACTERS]
    return shown if len(shown) == len(start) and len(text) <= 4 * SAMPLE_CHARACTERS else shown.rstrip() + " …"
