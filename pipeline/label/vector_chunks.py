"""Vectors of a sample on disk, in half precision and in chunks: more than memory holds, and none made twice.

A killed run goes on with the chunks that are not there yet; the sample and its order are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from pipeline.label.embeddings.embedding import Embed, Vectors

ROWS = 1024
"""Rows of a chunk."""


@dataclass(frozen=True)
class VectorChunks:
    """Chunks in order; each is mapped into memory only while it is read."""

    files: tuple[Path, ...]

    def __iter__(self) -> Iterator[Vectors]:
        for file in self.files:
            yield np.load(file, mmap_mode="r").astype(np.float32)

    @property
    def rows(self) -> int:
        """Rows of all chunks."""
        return sum(len(np.load(file, mmap_mode="r")) for file in self.files)

    def mean(self) -> Vectors:
        """Return the mean of all rows."""
        sums = np.array([chunk.sum(0, dtype=np.float64) for chunk in self])
        return (sums.sum(0) / max(self.rows, 1)).astype(np.float32)


def embed_all(texts: Iterable[str], embed: Embed, folder: Path, advance: Callable[[float], None]) -> VectorChunks:
    """Embed texts into the folder, chunk by chunk, leaving out the chunks that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    waiting = iter(texts)
    while chunk := list(islice(waiting, ROWS)):
        file = folder / f"{len(files):06d}.npy"
        if not file.is_file():
            temporary = file.with_suffix(".tmp")
            with temporary.open("wb") as raw:
                np.save(raw, embed(chunk).astype(np.float16))
            temporary.replace(file)
        files.append(file)
        advance(len(chunk))
    return VectorChunks(tuple(files))
