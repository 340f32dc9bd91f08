"""Near-duplicates inside one artifact: a document is turned away if an accepted one is like it, or asks the same.

What is compared of the documents lies in a temporary file, so that memory does not grow with their number.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.clean.deduplication import MinHash
from pipeline.clean.filter import Rejection
from pipeline.clean.minhash import band_hashes, signatures
from pipeline.clean.unit_hashes import units_of
from pipeline.synthesize.pair import Pair

_PROFILE = "qa"
_PARTS = ("text", "question")
_GOLDEN = 0x9E3779B97F4A7C15
_TABLES = """
pragma journal_mode = off;
pragma synchronous = off;
pragma cache_size = -65536;
create table parts (number integer primary key, id text not null, signature blob not null);
create table bands (hash integer primary key, part integer not null);
"""
"""A part is a text or a question: twice the document's number, or one more. The cache has 64 MiB."""


@dataclass(frozen=True)
class Likeness:
    """What is compared of one pair."""

    signatures: npt.NDArray[np.uint32]
    """Of text and question [2, permutations]."""
    bands: npt.NDArray[np.int64]
    """Hashes of the bands of both [2, bands], no two parts or places alike by chance."""


def likeness(pair: Pair, settings: MinHash) -> Likeness:
    """Return what is compared of a pair."""
    found = signatures(len(_PARTS), units_of([pair.text, pair.question]), settings, _PROFILE)
    bands = band_hashes(found.hashes, found.figures, settings.bands).T
    places = np.arange(bands.size, dtype=np.uint64).reshape(bands.shape) * np.uint64(_GOLDEN)
    return Likeness(found.hashes, (bands ^ places).view(np.int64))


class Accepted:
    """The documents accepted so far; about three kilobytes of disk each."""

    def __init__(self, settings: MinHash) -> None:
        self._similarity = settings.similarity
        self._count = 0
        self._tables = sqlite3.connect("")
        self._tables.executescript(_TABLES)

    def close(self) -> None:
        """Delete the file."""
        self._tables.close()

    def reject(self, id: str, own: Likeness) -> Rejection | None:
        """Return why a pair is turned away; None accepts it, and later ones are compared with it."""
        for name, bands, signature in zip(_PARTS, own.bands.tolist(), own.signatures, strict=True):
            if (like := self._like(bands, signature)) is not None:
                return Rejection("near_duplicate", f"{name} like that of {like}", "no other like it")
        first, self._count = self._count, self._count + len(_PARTS)
        parts = [(first + part, id, signature.tobytes()) for part, signature in enumerate(own.signatures)]
        self._tables.executemany("insert into parts values (?, ?, ?)", parts)
        bands = [(value, first + part) for part, values in enumerate(own.bands.tolist()) for value in values]
        self._tables.executemany("insert or replace into bands values (?, ?)", bands)
        return None

    def _like(self, bands: list[int], signature: npt.NDArray[np.uint32]) -> str | None:
        """Return the first document that shares a band with a part and is like it."""
        places = ", ".join("?" * len(bands))
        query = (
            f"select id, signature from parts where number in (select part from bands where hash in ({places})) "
            "order by number"
        )
        for id, other in self._tables.execute(query, bands):
            if float(np.mean(np.frombuffer(other, np.uint32) == signature)) >= self._similarity:
                return str(id)
        return None
