"""Latent topics: weighted words, projected on the directions in which the documents of a sample differ most.

Latent semantic analysis (Deerwester et al. 1990): a word counts 1 + log of how often it stands there, times the log of
how rare it is among documents; of Chinese, characters and pairs of neighbours are words. The directions are found by
block power iteration (Halko et al. 0909.4061). No model, no download, no dictionary: words live by their hashes, and
what is learned is one table with a row a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from pipeline import seeds
from pipeline.label.code_points import CHARACTER, chunks, classes, hashes, of_each, unit_starts
from pipeline.label.embeddings.embedding import Embed, Embedding, Vectors, unit
from pipeline.label.embeddings.sparse import Integers, Sparse

SLOTS = 20
"""Bits of a word's hash."""
COMMON = 0.5
"""Words in a larger share of the documents tell nothing apart."""
FILE = "words.npz"
_ODD = np.uint64(0x9E3779B97F4A7C15)


class Latent(Embedding):
    """Knows which words stand in the same documents of the sources it learned from."""

    kind: Literal["latent"] = "latent"
    dimension: int = Field(default=64, ge=2)
    """Size of the vectors."""
    words: int = Field(default=1 << 14, ge=2)
    """Most words that are looked at: those in the most documents."""
    least_documents: int = Field(default=3, ge=1)
    """Words in fewer documents are left out."""
    documents: int = Field(default=20_000, ge=2)
    """Documents that the directions are learned from."""
    rounds: int = Field(default=4, ge=1)
    """Rounds of the power iteration."""

    def learn(self, sampled: Callable[[int], Iterable[str]], folder: Path, seed: int) -> None:
        """Choose words, weigh them, and find the directions."""
        found = [words_of(batch, self.characters) for batch in _batches(sampled(self.documents))]
        rows, slots, height = _end_to_end(found)
        present = np.unique(rows << SLOTS | slots) & ((1 << SLOTS) - 1)
        holders = np.bincount(present, minlength=1 << SLOTS)
        known = np.flatnonzero((holders >= self.least_documents) & (holders <= COMMON * height))
        chosen = np.sort(known[np.argsort(-holders[known], kind="stable")[: self.words]])
        rarity = np.log(height / holders[chosen]).astype(np.float32)
        weighted = _weighted(rows, slots, height, chosen, rarity)
        basis = self._directions(weighted, len(chosen), seeds.generator(seed, "latent"))
        np.savez(folder / FILE, slots=chosen, rarity=rarity, basis=basis)

    def _directions(self, documents: Sparse, width: int, random: np.random.Generator) -> Vectors:
        """Return orthonormal columns [word, dimension] that span the directions of largest variance."""
        basis = random.standard_normal((width, min(self.dimension, width)), dtype=np.float32)
        for _ in range(self.rounds if width else 0):
            basis = np.linalg.qr(documents.covariance_times(basis))[0].astype(np.float32)
        return basis

    def load(self, data: Path, learned: Path | None = None) -> Embed:
        """Load what was learned."""
        assert learned is not None, "latent topics are learned before they are loaded"
        with np.load(learned / FILE) as tables:
            slots, rarity, basis = tables["slots"], tables["rarity"], tables["basis"]

        def embed(texts: Sequence[str]) -> Vectors:
            parts = [
                unit(_weighted(*_end_to_end([words_of(batch, self.characters)]), slots, rarity).times(basis))
                for batch in _batches(texts)
            ]
            return np.concatenate(parts) if parts else np.zeros((0, basis.shape[1]), np.float32)

        return embed


def words_of(texts: Sequence[str], characters: int) -> tuple[Integers, Integers, int]:
    """Return of every word the text it stands in and its slot, sorted by neither, and the number of texts."""
    rows: list[Integers] = [np.zeros(0, np.int64)]
    slots: list[npt.NDArray[np.uint64]] = [np.zeros(0, np.uint64)]
    for span, laid in chunks(texts, characters):
        kinds = of_each(classes(), laid)
        starts, named = unit_starts(kinds), hashes(laid, kinds)
        row = span.start + np.searchsorted(laid.starts, starts, side="right") - 1
        is_character = kinds[starts] == CHARACTER
        paired = is_character[:-1] & is_character[1:] & (np.diff(starts) == 1)
        rows += [row, row[:-1][paired]]
        slots += [named, (named[:-1] * _ODD + named[1:])[paired]]
    bits = (np.concatenate(slots) * _ODD) >> np.uint64(64 - SLOTS)
    return np.concatenate(rows), bits.astype(np.int64), len(texts)


def _weighted(rows: Integers, slots: Integers, height: int, known: Integers, rarity: npt.NDArray[np.float32]) -> Sparse:
    """Return the weights of the known words in each text, rows of length 1."""
    if not len(known):
        return Sparse(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32), height, 0)
    places = np.full(1 << SLOTS, -1)
    places[known] = np.arange(len(known))
    columns = places[slots]
    is_known = columns >= 0
    counts = Sparse.counted(rows[is_known], columns[is_known], height, len(known))
    weights = (1 + np.log(counts.weights)) * rarity[counts.columns]
    return Sparse(counts.rows, counts.columns, weights, height, len(known)).unit()


def _end_to_end(found: Sequence[tuple[Integers, Integers, int]]) -> tuple[Integers, Integers, int]:
    first = np.cumsum([0, *(height for _, _, height in found)])
    rows = [rows + begin for (rows, _, _), begin in zip(found, first, strict=False)]
    empty = np.zeros(0, np.int64)
    return np.concatenate([empty, *rows]), np.concatenate([empty, *(slots for _, slots, _ in found)]), int(first[-1])


def _batches(texts: Iterable[str], size: int = 256) -> Iterator[list[str]]:
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
