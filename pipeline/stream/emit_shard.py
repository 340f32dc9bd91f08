"""One emitted shard: ``.bin`` and ``.idx`` for any Megatron, and a table with the origin of every token.

The ``.idx`` is written last, so that a shard which has one is whole and a killed run goes on behind it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from pipeline.artifact import remember_hash, write_durably
from pipeline.hashed_file import HashedFile
from pipeline.progress import Task
from pipeline.stream.boundaries import padding_of
from pipeline.stream.gather import gather
from pipeline.stream.origins import SCHEMA, Origins
from pipeline.stream.reader import Batch, Reader
from pipeline.tokens.format import index_bytes, read_index

ORIGINS = "origins"
PADDING_ENDING = ".padding.npy"
"""How many tokens at the end of each sequence are padding, int32, the last label among them; where there is any."""
CHUNK_BYTES = 16 << 20
"""About how many bytes of tokens are found at a time."""
CHUNK_SEQUENCES = 1 << 16
"""Most sequences found at a time."""
BLOCK_BYTES = 1 << 20
"""About how many bytes are gathered, hashed and written at a time."""
_TABLE: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 1,
    "use_dictionary": ["slice", "source"],
    # Only positions ascend; the least and the greatest value of any other column would rule out no part of a table.
    "write_statistics": ["position"],
}


@dataclass(frozen=True)
class Counts:
    """What a shard holds."""

    sequences: int
    tokens: int
    """Training tokens: the extra label of each sequence is not counted."""
    pieces: int
    lengths: frozenset[int]
    """Tokens a sequence, without the label; more than one where an amendment changed it inside the shard."""


@dataclass(frozen=True)
class Shard:
    """The sequences at positions ``begin`` to ``end - 1``."""

    prefix: Path
    begin: int
    end: int

    @property
    def complete(self) -> bool:
        """Whether an earlier process finished it."""
        return self._file(".idx").is_file()

    def counts(self) -> Counts:
        """Read back what a complete shard holds."""
        lengths = read_index(self._file(".idx")).lengths
        return _counts(lengths, pq.read_metadata(self._table).num_rows)

    def write(self, reader: Reader, origins: Origins, task: Task) -> Counts:
        """Write the shard from its beginning."""
        lengths: list[npt.NDArray[np.int32]] = []
        padding: list[npt.NDArray[np.int32]] = []
        self._table.parent.mkdir(exist_ok=True)
        with HashedFile(self._bin) as file, pq.ParquetWriter(self._table, SCHEMA, **_TABLE) as table:
            for batch in self._batches(reader):
                for block in _blocks(batch):
                    file.write(block.data)
                table.write_table(origins.table(batch))
                count, length, dtype = len(batch.placements.which), batch.placements.length + 1, batch.dtype
                lengths.append(np.full(count, length, dtype=np.int32))
                padding.append(padding_of(batch))
                task.advance(count)
        remember_hash(self.prefix.parent, self._bin, file.sha256)
        padded = np.concatenate(padding)
        if padded.any():
            note = io.BytesIO()
            np.save(note, padded)
            write_durably(self._file(PADDING_ENDING), note.getvalue())
        write_durably(self._file(".idx"), index_bytes(np.concatenate(lengths), dtype))
        return self.counts()

    def _batches(self, reader: Reader) -> Iterator[Batch]:
        """Yield the shard's sequences, as many at a time as are found at once."""
        position = self.begin
        while position < self.end:
            for batch in reader.batches(position, min(self.end - position, _chunk(reader, position))):
                yield batch
                position += len(batch.placements.which)

    @property
    def _bin(self) -> Path:
        return self._file(".bin")

    @property
    def _table(self) -> Path:
        """The tables have a folder of their own, so that all of them can be read as one."""
        return self.prefix.parent / ORIGINS / f"{self.prefix.name}.parquet"

    def _file(self, ending: str) -> Path:
        return self.prefix.with_name(self.prefix.name + ending)


def _chunk(reader: Reader, position: int) -> int:
    """Return how many sequences to find at once."""
    record = reader.record(position)
    return min(CHUNK_SEQUENCES, max(1, CHUNK_BYTES // (4 * (record.sequence_length + 1))))


def _counts(lengths: npt.NDArray[np.int32], pieces: int) -> Counts:
    different = frozenset(int(length) - 1 for length in np.unique(lengths))
    return Counts(len(lengths), int(lengths.sum(dtype=np.int64)) - len(lengths), pieces, different)


def _blocks(batch: Batch) -> Iterator[npt.NDArray[np.uint8]]:
    """Yield the bytes of the batch's tokens, sequence after sequence, in blocks that stay in the processor's cache."""
    pieces, itemsize = batch.pieces, batch.dtype.itemsize
    together = max(1, BLOCK_BYTES // (itemsize * (batch.placements.length + 1)))
    firsts = np.searchsorted(pieces.sequence, np.arange(0, len(batch.placements.which) + together, together))
    for first, last in pairwise(firsts.tolist()):
        yield gather(pieces.address[first:last], pieces.tokens[first:last] * itemsize)
