"""Comparing: one reading of what the filters kept, which leaves behind signatures and hits of benchmarks.

Tasks are the parts, so a finished one is never read again; signatures lie on disk and are mapped, not loaded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.clean.adapter import text_hash
from pipeline.clean.code_points import scrambled
from pipeline.clean.contamination import Contamination, Hit
from pipeline.clean.decontamination import Decontaminate
from pipeline.clean.deduplication import MinHash
from pipeline.clean.minhash import Signatures, band_hashes, signatures
from pipeline.clean.survivor import Rows
from pipeline.clean.unit_hashes import Hashes, units_of

_BATCH = 256
"""Documents that are read together."""
_HITS = "contaminated"
_TEXTS = "text_hash"


@dataclass(frozen=True)
class ComparePart:
    """A step over one part of what is compared. Called by datatrove with the task's number."""

    parts: tuple[Path, ...]
    """All of them, one a task."""
    others: int
    """How many of them, from the first, are parts of corpora that were published before."""
    notes: Path
    """Folder that `Compared` reads."""
    profile: str
    minhash: MinHash | None
    decontaminate: Decontaminate | None
    benchmarks: Path
    """Folder with the index of the benchmarks, where there are any."""

    def __call__(self, data: Any, rank: int, world_size: int) -> None:
        """Read the part's texts once, and write what was found."""
        self.notes.mkdir(parents=True, exist_ok=True)
        is_own = rank >= self.others
        wanted = self.decontaminate if is_own else None
        contamination = Contamination.load(self.benchmarks, wanted, self.profile) if wanted else None
        made = [signatures(0, (), self.minhash, self.profile)] if self.minhash else []
        hits: list[tuple[int, Hit]] = []
        hashes = b""
        first = 0
        for batch in pq.ParquetFile(self.parts[rank]).iter_batches(_BATCH, columns=["text"]):
            texts = batch.column("text").to_pylist()
            units = units_of(texts)
            if contamination:
                units = contamination.watch(units)
            if self.minhash:
                made.append(signatures(len(texts), units, self.minhash, self.profile))
            elif contamination:
                deque(units, maxlen=0)
            if contamination:
                hits += [(first + row, hit) for row, hit in contamination.hits()]
            if not is_own:
                hashes += b"".join(map(text_hash, texts))
            first += len(texts)
        note = f"{rank:06d}"
        if not is_own:
            np.save(self.notes / f"{note}.{_TEXTS}.npy", np.frombuffer(hashes, np.uint64).reshape(-1, 2))
        self._save(note, made, hits)

    def _save(self, stem: str, made: Sequence[Signatures], hits: Sequence[tuple[int, Hit]]) -> None:
        if self.minhash:
            for name in ("hashes", "length", "figures"):
                np.save(self.notes / f"{stem}.{name}.npy", np.concatenate([getattr(some, name) for some in made]))
        if self.decontaminate:
            columns = {
                "row": pa.array([row for row, _ in hits], pa.int64()),
                "found": pa.array([hit.found for _, hit in hits], pa.string()),
                "allowed": pa.array([hit.allowed for _, hit in hits], pa.string()),
            }
            pq.write_table(pa.table(columns), self.notes / f"{stem}.{_HITS}.parquet")


@dataclass(frozen=True)
class Compared:
    """What is compared, in order, with what `ComparePart` left behind: documents are numbered through all parts."""

    parts: tuple[Path, ...]
    others: int
    """How many parts, from the first, belong to corpora that were published before; their documents stay."""
    notes: Path
    minhash: MinHash | None

    @cached_property
    def starts(self) -> Rows:
        """Numbers of the documents with which the parts begin, and how many there are in all."""
        return np.cumsum([0, *(pq.read_metadata(part).num_rows for part in self.parts)])

    @property
    def first(self) -> int:
        """Number of the first document of the source itself."""
        return int(self.starts[self.others])

    def hits(self, part: int) -> dict[int, tuple[str, str]]:
        """Return document -> (found, allowed) for the part's documents that hold benchmark text."""
        path = self.notes / f"{part:06d}.{_HITS}.parquet"
        if not path.exists():
            return {}
        start = int(self.starts[part])
        return {start + row["row"]: (row["found"], row["allowed"]) for row in pq.read_table(path).to_pylist()}

    @property
    def ids(self) -> Hashes:
        """Hashes of the ids of the source's own documents, a pair of 64-bit numbers each."""
        return self._pairs("id_hash")

    @property
    def texts(self) -> Hashes:
        """Hashes of all texts, a pair of 64-bit numbers each."""
        others = [np.load(self._note(part, _TEXTS)) for part in range(self.others)]
        return np.concatenate([*others, self._pairs("text_hash")])

    def _pairs(self, column: str) -> Hashes:
        own = self.parts[self.others :]
        blocks = [pq.read_table(part, columns=[column])[column].combine_chunks() for part in own]
        data = b"".join(block.buffers()[1][block.offset * 16 : (block.offset + len(block)) * 16] for block in blocks)
        return np.frombuffer(data, dtype=np.uint64).reshape(-1, 2)

    @property
    def language_score(self) -> npt.NDArray[np.float64]:
        """Score of every document."""
        columns = (pq.read_table(part, columns=["language_score"])["language_score"] for part in self.parts)
        return np.concatenate([np.zeros(0), *(column.to_numpy() for column in columns)])

    @cached_property
    def length(self) -> npt.NDArray[np.int64]:
        """Units of every document."""
        return np.concatenate([np.load(self._note(part, "length")) for part in range(len(self.parts))])

    def _note(self, part: int, name: str) -> Path:
        return self.notes / f"{part:06d}.{name}.npy"

    @cached_property
    def hashes(self) -> npt.NDArray[np.uint32]:
        """Signatures of all documents, documents x permutations, mapped."""
        return self._joined[0]

    @cached_property
    def bands(self) -> Hashes:
        """Hashes of their bands, bands x documents, mapped."""
        return self._joined[1]

    @cached_property
    def identity(self) -> Hashes:
        """Return a pair of 64-bit numbers for each document, equal where whole signatures (and figures) are."""
        pair = np.zeros((len(self.length), 2), np.uint64)
        for band in self.bands:
            pair[:, 0] = scrambled(pair[:, 0] ^ band)
            pair[:, 1] = scrambled(pair[:, 1] + band)
        return pair

    @cached_property
    def _joined(self) -> tuple[npt.NDArray[np.uint32], Hashes]:
        """Lay the parts' signatures end to end in two files, one a document a row, one a band a row."""
        assert self.minhash is not None
        total, settings = len(self.length), self.minhash
        if not total:
            return np.zeros((0, settings.num_hashes), np.uint32), np.zeros((settings.bands, 0), np.uint64)
        hashes = np.lib.format.open_memmap(
            self.notes / "hashes.npy", mode="w+", dtype=np.uint32, shape=(total, settings.num_hashes)
        )
        bands = np.lib.format.open_memmap(
            self.notes / "bands.npy", mode="w+", dtype=np.uint64, shape=(settings.bands, total)
        )
        begin = 0
        for part in range(len(self.parts)):
            own = np.load(self._note(part, "hashes"))
            rows = slice(begin, begin + len(own))
            hashes[rows] = own
            bands[:, rows] = band_hashes(own, np.load(self._note(part, "figures")), settings.bands)
            begin = rows.stop
        return hashes, bands
