"""A sample of documents: those whose ids have the smallest hashes, so that it hardly changes when a corpus does.

What has to be asked of a language model, or embedded, for one sample is then still known for the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline import seeds
from pipeline.clean import corpus


@dataclass(frozen=True)
class Sampled:
    """One document of a sample."""

    id: str
    source: str
    text: str
    language: str


def sample(corpora: Mapping[str, Path], most: int, seed: int) -> Iterator[Sampled]:
    """Yield at most ``most`` documents of the corpora (source -> folder), in corpus order; memory grows with ``most``."""
    largest = _largest_kept(corpora, most, seed)
    for source, folder in corpora.items():
        for batch in corpus.batches(folder, ["id", "text", "language"]):
            ids = batch["id"].to_pylist()
            for row in np.flatnonzero(_keys(ids, seed) <= largest):
                text, language = batch["text"][int(row)].as_py(), batch["language"][int(row)].as_py()
                yield Sampled(ids[row], source, text, language or "")


def _largest_kept(corpora: Mapping[str, Path], most: int, seed: int) -> np.uint64:
    """Return the largest hash among the ``most`` smallest."""
    kept = np.empty(0, np.uint64)
    for folder in corpora.values():
        for batch in corpus.batches(folder, ["id"]):
            kept = np.concatenate([kept, _keys(batch["id"].to_pylist(), seed)])
            if len(kept) > most:
                kept = np.partition(kept, most - 1)[:most]
    return np.uint64(kept.max(initial=0))


def _keys(ids: list[str], seed: int) -> npt.NDArray[np.uint64]:
    return np.array([seeds.key(seed, "sample", id) for id in ids], dtype=np.uint64)
