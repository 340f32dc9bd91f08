"""A BM25 index of a corpus on disk, in shards, by the library bm25s.

Memory is that of the shard being built (`SHARD_WORDS` words, some 300 MB) and one number a document of the shard being
searched; disk is 8 bytes for every different word of every document. As in any search engine whose index is in shards,
how rare a word is is told from its shard, not from the whole corpus. k1 and b are those of the paper's baseline, 0.9
and 0.4.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.synthesize.seeds.words import words

SHARD_WORDS = 4_000_000
"""Words of a shard, at least; fewer in the last."""
K1, B = 0.9, 0.4
_PARTS = ("data", "indices", "indptr")


class Index:
    """An index; documents are known by their places in the corpus."""

    def __init__(self, folder: Path, shard_words: int = SHARD_WORDS) -> None:
        self._folder, self._shard_words = folder, shard_words
        self._firsts: list[int] = []
        self.documents = 0

    def build(self, texts: Iterable[str]) -> None:
        """Index the documents, in corpus order."""
        ids: list[list[int]] = []
        vocabulary: dict[str, int] = {}
        size = 0
        for text in texts:
            ids.append([vocabulary.setdefault(word, len(vocabulary)) for word in words(text)])
            size += len(ids[-1])
            if size >= self._shard_words:
                self._write(ids, vocabulary)
                ids, vocabulary, size = [], {}, 0
        if ids:
            self._write(ids, vocabulary)

    def frequencies(self, wanted: set[str]) -> dict[str, int]:
        """Return in how many documents each of these words occurs."""
        found = dict.fromkeys(sorted(wanted), 0)
        for vocabulary, arrays, _ in self._shards():
            for word in found:
                if (place := vocabulary.get(word)) is not None:
                    found[word] += int(arrays[2][place + 1] - arrays[2][place])
        return found

    def search(self, queries: Sequence[Sequence[str]], depth: int) -> list[list[int]]:
        """Return each query's best documents, best first and of equal ones the first; only those with one of its words.

        Every shard is opened once.
        """
        found: list[list[tuple[float, int]]] = [[] for _ in queries]
        for vocabulary, arrays, first in self._shards():
            for place, query in enumerate(queries):
                found[place] += _best(query, vocabulary, arrays, first, depth)
        return [[row for _, row in sorted(each)[:depth]] for each in found]

    def _write(self, ids: list[list[int]], vocabulary: dict[str, int]) -> None:
        import bm25s

        model = bm25s.BM25(k1=K1, b=B, method="lucene")
        if vocabulary:  # else the library would divide by the length of the average document
            model.index((ids, vocabulary), create_empty_token=False, show_progress=False)
        empty: dict[str, npt.NDArray[Any]] = {
            "data": np.empty(0, np.float32),
            "indices": np.empty(0, np.int32),
            "indptr": np.zeros(1, np.int64),
        }
        matrix: dict[str, npt.NDArray[Any]] = model.scores if vocabulary else empty
        shard = self._folder / f"{len(self._firsts):05d}"
        shard.mkdir(parents=True, exist_ok=True)
        for part in _PARTS:
            np.save(shard / f"{part}.npy", matrix[part])
        (shard / "vocabulary.json").write_text(json.dumps(vocabulary), encoding="utf-8")
        self._firsts.append(self.documents)
        self.documents += len(ids)

    def _shards(self) -> Iterator[tuple[dict[str, int], tuple[npt.NDArray[Any], ...], int]]:
        """Yield each shard's vocabulary, its matrix (scores, documents, where a word begins) and its first document."""
        for number, first in enumerate(self._firsts):
            shard = self._folder / f"{number:05d}"
            vocabulary = json.loads((shard / "vocabulary.json").read_text(encoding="utf-8"))
            yield vocabulary, tuple(np.load(shard / f"{part}.npy", mmap_mode="r") for part in _PARTS), first


def _best(
    query: Sequence[str], vocabulary: dict[str, int], arrays: tuple[npt.NDArray[Any], ...], first: int, depth: int
) -> list[tuple[float, int]]:
    """Return (-score, document) of a shard's best documents for a query."""
    scores, documents, begins = arrays
    known = [place for word in query if (place := vocabulary.get(word)) is not None]
    if not known:
        return []
    spans = [slice(int(begins[place]), int(begins[place + 1])) for place in known]
    rows, inverse = np.unique(np.concatenate([documents[span] for span in spans]), return_inverse=True)
    sums = np.bincount(inverse, weights=np.concatenate([scores[span] for span in spans]))
    best = np.lexsort((rows, -sums))[:depth]
    return [(-float(sums[i]), first + int(rows[i])) for i in best]
