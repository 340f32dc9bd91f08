"""Boundaries: which document every token of a batch is of, and which predictions count."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from pipeline.stream.pieces import PADDING
from pipeline.stream.reader import Batch

Attention = Literal["sequence", "document"]


def document_of(batch: Batch) -> npt.NDArray[np.int32]:
    """Return the number of each token's piece in its sequence, counted from 0: int32 [sequences, length + 1].

    Padding is a piece of its own.
    """
    sequence = batch.pieces.sequence
    starts = np.flatnonzero(np.append(True, sequence[1:] != sequence[:-1]))
    counts = np.diff(np.append(starts, len(sequence)))
    nth = np.arange(len(sequence)) - np.repeat(starts, counts)
    return np.repeat(nth.astype(np.int32), batch.pieces.tokens).reshape(-1, batch.placements.length + 1)


def padding_of(batch: Batch) -> npt.NDArray[np.int32]:
    """Return how many tokens at the end of each sequence are padding, the last label among them: int32 [sequences]."""
    padded = batch.pieces.row == PADDING
    tokens: npt.NDArray[np.int32] = np.zeros(len(batch.placements.which), dtype=np.int32)
    tokens[batch.pieces.sequence[padded]] = batch.pieces.tokens[padded]
    return tokens


def counted(batch: Batch, attention: Attention) -> npt.NDArray[np.float32]:
    """Return 1 where a prediction counts: float32 [sequences, length].

    Padding is never predicted. No document is predicted from the one before where tokens look at their own document
    only, nor where that one stops short of its end: the rest of it was read before a sequence length was amended.
    """
    rows = (-1, batch.placements.length + 1)
    real = np.repeat(batch.pieces.row != PADDING, batch.pieces.tokens).reshape(rows)[:, 1:]
    documents = document_of(batch)
    follows = documents[:, 1:] == documents[:, :-1]
    if attention == "sequence":
        follows |= np.repeat(batch.pieces.ends, batch.pieces.tokens).reshape(rows)[:, :-1] == 1
    predicted: npt.NDArray[np.float32] = (real & follows).astype(np.float32)
    return predicted
