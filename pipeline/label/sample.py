"""A sample of documents: those whose ids have the smallest hashes, so that it hardly changes when a corpus does.

What has to be asked of a language model, or embedded, for one sample is then still known for the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline import seeds


@dataclass(frozen=True)
class Sampled:
    """One document of a sample."""

    id: str
    source: str
    text: str
    language: str


def everything(id: str) -> bool:
    """Want every document."""
    return True


def sample(
    corpora: Mapping[str, Path], most: int, seed: int, wanted: Callable[[str], bool] = everything
) -> Iterator[Sampled]:
    """Yield at most ``most`` of the documents with a wanted id, in the order of the corpora (source -> folder).

    Memory grows with ``most`` alone.
    """
    from pipeline.clean import corpus

    largest = _largest_kept(corpora, most, seed, wanted)
    for source, folder in corpora.items():
        for batch in corpus.batches(folder, ["id", "text", "language"]):
            ids = batch["id"].to_pylist()
            for row, id in enumerate(ids):
                if wanted(id) and _key(id, seed) <= largest:
                    text, language = batch["text"][row].as_py(), batch["language"][row].as_py()
                    yield Sampled(id, source, text, language or "")


def _largest_kept(corpora: Mapping[str, Path], most: int, seed: int, wanted: Callable[[str], bool]) -> int:
    """Return the largest hash among the ``most`` smallest; -1 where no document is wanted."""
    from pipeline.clean import corpus

    kept = np.empty(0, np.uint64)
    for folder in corpora.values():
        for batch in corpus.batches(folder, ["id"]):
            keys = [_key(id, seed) for id in batch["id"].to_pylist() if wanted(id)]
            kept = np.concatenate([kept, np.array(keys, dtype=np.uint64)])
            if len(kept) > most:
                kept = np.partition(kept, most - 1)[:most]
    return int(kept.max()) if len(kept) else -1


def _key(id: str, seed: int) -> int:
    return seeds.key(seed, "sample", id)
