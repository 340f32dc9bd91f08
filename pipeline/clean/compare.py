"""Comparing: one reading of what the filters kept, which leaves behind signatures and hits of benchmarks.

Tasks are the parts, so a finished one is never read again; signatures lie on disk and are mapped, not loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

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


@dataclass(frozen=True)
class ComparePart:
    """A step over one part of what was kept. Called by datatrove with the task's number."""

    kept: Path
    """Folder of the parts, which are taken in the order of their names."""
    notes: Path
    """Folder that `Compared` reads."""
    profile: str
    minhash: MinHash | None
    decontaminate: Decontaminate | None
    benchmarks: Path
    """Folder with the index of the benchmarks, where there are any."""

    def __call__(self, data: Any, rank: int, world_size: int) -> None:
        """Read the part's texts once, and write what was found."""
        part = sorted(self.kept.glob("*.parquet"))[rank]
        contamination = Contamination.load(self.benchmarks, self.decontaminate) if self.decontaminate else None
        made: list[Signatures] = []
        hits: list[tuple[int, Hit]] = []
        first = 0
        for batch in pq.ParquetFile(part).iter_batches(_BATCH, columns=["text"]):
            texts = batch.column("text").to_pylist()
            units = units_of(texts)
            if contamination:
                units = contamination.watch(units)
            if self.minhash:
                made.append(signatures(len(texts), units, self.minhash, self.profile))
            else:
                for _ in units:
                    pass
            if contamination:
                hits += [(first + row, hit) for row, hit in contamination.hits()]
            first += len(texts)
        self._save(part.stem, made, hits)

    def _save(self, stem: str, made: Sequence[Signatures], hits: Sequence[tuple[int, Hit]]) -> None:
        self.notes.mkdir(parents=True, exist_ok=True)
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
    """What `ComparePart` left behind for the parts of a source."""

    parts: tuple[Path, ...]
    notes: Path
    minhash: MinHash | None

    def hits(self, part: Path) -> dict[int, tuple[str, str]]:
        """Return row -> (found, allowed) of the part's documents that hold benchmark text."""
        path = self.notes / f"{part.stem}.{_HITS}.parquet"
        if not path.exists():
            return {}
        return {row["row"]: (row["found"], row["allowed"]) for row in pq.read_table(path).to_pylist()}

    def contaminated(self, starts: Rows) -> Rows:
        """Return the numbers of all documents with benchmark text; ``starts`` are those at which the parts begin."""
        found = [
            start + np.array(sorted(self.hits(part)), np.int64)
            for part, start in zip(self.parts, starts[:-1], strict=True)
        ]
        return np.concatenate([np.zeros(0, np.int64), *found])

    @cached_property
    def length(self) -> npt.NDArray[np.int64]:
        """Units of every document."""
        return np.concatenate([np.load(self.notes / f"{part.stem}.length.npy") for part in self.parts])

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
        for part in self.parts:
            own = np.load(self.notes / f"{part.stem}.hashes.npy")
            rows = slice(begin, begin + len(own))
            hashes[rows] = own
            bands[:, rows] = band_hashes(own, np.load(self.notes / f"{part.stem}.figures.npy"), settings.bands)
            begin = rows.stop
        return hashes, bands
