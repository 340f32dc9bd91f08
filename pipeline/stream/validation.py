"""Validation sets: the held-out documents of each slice, end to end, cut into sequences with a mask for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.stream.slice_table import SliceFile
from pipeline.stream.source_tokens import SourceTokens


@dataclass(frozen=True)
class ValidationSet:
    """Fixed sequences of one slice."""

    tokens: npt.NDArray[np.int64]
    """[sequences, sequence_length + 1]"""
    mask: npt.NDArray[np.float32]
    """[sequences, sequence_length], 1 where a prediction counts."""


def validation_sets(
    root: Path, slices: Mapping[str, SliceFile], *, limit: int, sequence_length: int
) -> dict[str, ValidationSet]:
    """Return the set of every slice that has held-out documents: at most ``limit`` tokens, whole in its order."""
    sets = {}
    for name, piece in sorted(slices.items()):
        lengths = piece.held_out["tokens"].astype(np.int64)
        before = np.cumsum(lengths) - lengths
        chosen = before < limit
        if chosen.any():
            tokens = SourceTokens(root / "tokens" / piece.source, "validation").take(
                piece.held_out["start"][chosen], lengths[chosen]
            )[:limit]
            sets[name] = _cut(tokens, sequence_length)
    return sets


def _cut(tokens: npt.NDArray[np.int64], length: int) -> ValidationSet:
    predicted = len(tokens) - 1
    count = -(-predicted // length)
    padded = np.zeros(count * length + 1, dtype=np.int64)
    padded[: len(tokens)] = tokens
    mask = np.zeros(count * length, dtype=np.float32)
    mask[:predicted] = 1.0
    windows = np.lib.stride_tricks.sliding_window_view(padded, length + 1)[::length]
    return ValidationSet(windows.copy(), mask.reshape(count, length))
