"""Pieces of packed sequences: the parts of each bin, then end-of-document tokens up to the sequence's length.

A bin that is full and ends inside a document too long for one sequence has that document's next token as its last
label, so that cutting a long document costs no prediction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.stream.pieces import PADDING, Pieces
from pipeline.stream.slice_table import SliceFile
from pipeline.stream.source_tokens import SourceTokens

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Padding:
    """End-of-document tokens to copy from, as many as a sequence and its last label have."""

    tokens: npt.NDArray[Any]

    @classmethod
    def of(cls, piece: SliceFile, source: SourceTokens, length: int) -> Padding:
        """Take the token that ends every document from the slice's first one."""
        first = piece.documents[0]
        last = source.take(np.array([first["start"] + first["tokens"] - 1]), np.array([1]))
        return cls(np.full(length + 1, last[0], dtype=source.dtype))

    @property
    def address(self) -> int:
        """Where the tokens lie in memory, for as long as this object lives."""
        return int(self.tokens.ctypes.data)


def label_of_full_bins(sequence: Integers, parts: Any, sizes: Any, length: int) -> Integers:
    """Return for each part the tokens that it gives to a row of ``length + 1``.

    ``sequence`` is ascending where parts of one bin are neighbours; ``sizes`` are the tokens of each part's document.
    """
    tokens: Integers = parts["tokens"].astype(np.int64)
    last = np.append(sequence[1:] != sequence[:-1], True)
    starts = np.flatnonzero(np.append(True, last[:-1]))
    full = np.add.reduceat(tokens, starts) == length
    tokens[last] += full & (parts["begin"][last] + tokens[last] < sizes[last])
    return tokens


def packed(
    sequence: Integers, parts: Any, table: Any, source: SourceTokens, padding: Padding, length: int, index: int
) -> Pieces:
    """Return the pieces of rows of ``length + 1`` tokens.

    ``sequence`` says which row each of ``parts`` belongs to, parts of one row being neighbours; ``table`` holds each
    part's document. ``index`` is the slice's number.
    """
    tokens = label_of_full_bins(sequence, parts, table["tokens"], length)
    rows = sequence[np.append(True, sequence[1:] != sequence[:-1])]
    free = length + 1 - np.add.reduceat(tokens, np.flatnonzero(np.append(True, sequence[1:] != sequence[:-1])))
    padded = rows[free > 0]
    begins = parts["begin"].astype(np.int64)
    none = np.zeros(len(padded), dtype=np.int64)
    together = Pieces(
        sequence=np.concatenate([sequence, padded]),
        slice=np.full(len(sequence) + len(padded), index),
        row=np.concatenate([table["row"], none + PADDING]),
        address=np.concatenate([source.addresses(table["start"] + begins, tokens), none + padding.address]),
        first=np.concatenate([begins, none]),
        tokens=np.concatenate([tokens, free[free > 0]]),
        ends=np.concatenate([begins + tokens == table["tokens"], none == 0]).astype(np.int64),
    )
    return together.take(np.argsort(together.sequence, kind="stable"))
