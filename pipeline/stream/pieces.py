"""Pieces: which stretches of documents make up many sequences, as columns and without a loop over sequences.

The sequences of one slice lie on its string, so one search over the ends of documents cuts all of them at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
PADDING = -1
"""Row of a piece that belongs to no document."""


@dataclass(frozen=True)
class Stretch:
    """Neighbouring documents of a slice's string, in reading order."""

    rows: Integers
    """Row of each document in its source's documents.parquet."""
    addresses: Integers
    """Where in memory each document's first token lies."""
    sizes: Integers
    """Tokens of each document."""
    ends: Integers
    """Offset just after each document, in tokens since the slice's first epoch began."""


@dataclass(frozen=True)
class Pieces:
    """Stretches of documents, one an entry; all columns are int64 and of one length."""

    sequence: Integers
    """Index of the sequence in the batch, ascending."""
    slice: Integers
    """Index of the slice that the sequence is of."""
    row: Integers
    """Row in the source's documents.parquet, or ``PADDING``."""
    address: Integers
    """Where in memory the first token lies."""
    first: Integers
    """First token, counted inside the document."""
    tokens: Integers
    ends: Integers
    """1 where the last token is its document's last, as of padding; else 0."""

    def __len__(self) -> int:
        return len(self.sequence)

    def take(self, chosen: npt.NDArray[Any]) -> Pieces:
        """Return the chosen entries: a mask, or indices."""
        return Pieces(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def of_documents(self) -> Pieces:
        """Return the pieces without padding and without each sequence's last token, which is a label only."""
        last = np.append(self.sequence[1:] != self.sequence[:-1], True) if len(self) else np.zeros(0, bool)
        shorter = replace(self, tokens=self.tokens - last)
        return shorter.take((shorter.tokens > 0) & (shorter.row != PADDING))


def cut(stretch: Stretch, begins: Integers, length: int, *, numbers: Integers, index: int, itemsize: int) -> Pieces:
    """Return the pieces of sequences of ``length`` tokens that begin at ``begins`` on a slice's string.

    ``numbers`` are the sequences' indices in the batch, ``index`` is the slice's, ``itemsize`` the bytes of a token.
    The stretch must hold every token of every sequence.
    """
    first = np.searchsorted(stretch.ends, begins, side="right")
    counts = np.searchsorted(stretch.ends, begins + length, side="left") - first + 1
    sequence = np.repeat(np.arange(len(begins)), counts)
    document = np.arange(len(sequence)) + np.repeat(first - (np.cumsum(counts) - counts), counts)
    ends = stretch.ends[document]
    document_begins = ends - stretch.sizes[document]
    sequence_begins = begins[sequence]
    low = np.maximum(document_begins, sequence_begins)
    high = np.minimum(ends, sequence_begins + length)
    inside = low - document_begins
    return Pieces(
        sequence=numbers[sequence],
        slice=np.full(len(sequence), index),
        row=stretch.rows[document],
        address=stretch.addresses[document] + inside * itemsize,
        first=inside,
        tokens=high - low,
        ends=(high == ends).astype(np.int64),
    )


def interleave(parts: Sequence[Pieces]) -> Pieces:
    """Return the pieces of several slices in the order of their sequences; no sequence has pieces in two parts."""
    if len(parts) == 1:
        return parts[0]
    together = Pieces(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Pieces)))
    sequence = together.sequence
    # Two-byte keys are sorted by radix.
    narrow = sequence.astype(np.uint16) if len(sequence) and sequence.max() < 1 << 16 else sequence
    return together.take(np.argsort(narrow, kind="stable"))
