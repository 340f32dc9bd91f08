"""One emitted shard: ``.bin`` and ``.idx`` for any Megatron, and a table with the origin of every token.

The ``.idx`` is written last, so that a shard which has one is whole and a killed run goes on behind it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from pipeline.artifact import write_durably
from pipeline.progress import Task
from pipeline.stream.origins import SCHEMA, Origins
from pipeline.stream.reader import Reader
from pipeline.tokens.format import index_bytes, read_index

ORIGINS = "origins"
CHUNK_BYTES = 16 << 20
"""About how many bytes of tokens are gathered at a time."""
CHUNK_SEQUENCES = 1 << 16
"""Most sequences gathered at a time."""


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
        lengths = []
        self._table.parent.mkdir(exist_ok=True)
        compression = {"compression": "zstd", "compression_level": 1, "use_dictionary": ["slice", "source"]}
        with (
            self._file(".bin").open("wb") as file,
            pq.ParquetWriter(self._table, SCHEMA, **compression) as table,
        ):
            position, dtype = self.begin, np.dtype(np.uint16)
            while position < self.end:
                for batch in reader.batches(position, min(self.end - position, _chunk(reader, position))):
                    file.write(reader.block(batch).data)
                    table.write_table(origins.table(batch))
                    count, length, dtype = len(batch.placements.which), batch.placements.length + 1, batch.dtype
                    lengths.append(np.full(count, length, dtype=np.int32))
                    position += count
                    task.advance(count)
            _flush(file)
        everything = np.concatenate(lengths)
        write_durably(self._file(".idx"), index_bytes(everything, dtype))
        return self.counts()

    @property
    def _table(self) -> Path:
        """The tables have a folder of their own, so that all of them can be read as one."""
        return self.prefix.parent / ORIGINS / f"{self.prefix.name}.parquet"

    def _file(self, ending: str) -> Path:
        return self.prefix.with_name(self.prefix.name + ending)


def _chunk(reader: Reader, position: int) -> int:
    """Return how many sequences to gather at once."""
    record = reader.record(position)
    return min(CHUNK_SEQUENCES, max(1, CHUNK_BYTES // (4 * (record.sequence_length + 1))))


def _counts(lengths: npt.NDArray[np.int32], pieces: int) -> Counts:
    different = frozenset(int(length) - 1 for length in np.unique(lengths))
    return Counts(len(lengths), int(lengths.sum(dtype=np.int64)) - len(lengths), pieces, different)


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
