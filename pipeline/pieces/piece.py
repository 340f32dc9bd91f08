"""A piece: row groups of a corpus that follow each other, worked on at once.

The cut depends on the corpus's files alone, so a killed run goes on with the pieces it had not finished, and neither
that nor the number of workers changes a byte of what is put together at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.clean import corpus

PIECE_BYTES = 8 << 20
"""A piece ends with the row group that takes its text to this many bytes."""


@dataclass(frozen=True)
class Piece:
    """Row groups of a corpus that follow each other."""

    number: int
    groups: tuple[tuple[Path, int], ...]
    """Each row group: its part and its number there."""
    first_row: int
    """Place of its first document in the corpus."""
    rows: int
    bytes: int
    """Bytes of its text, before compression."""

    @property
    def name(self) -> str:
        """What files made of it are called, without their ending."""
        return f"{self.number:06d}"

    def tables(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield its documents, one row group at a time."""
        for part, group in self.groups:
            yield pq.ParquetFile(part).read_row_group(group, columns=list(columns))


def cut(folder: Path) -> Iterator[Piece]:
    """Yield the pieces of a corpus in its order, from the footers of its parts alone."""
    number, first_row, rows, size = 0, 0, 0, 0
    groups: list[tuple[Path, int]] = []
    for part in corpus.parts(folder):
        footer = pq.read_metadata(part)
        text = footer.schema.names.index("text")
        for group in range(footer.num_row_groups):
            about = footer.row_group(group)
            groups.append((part, group))
            rows, size = rows + about.num_rows, size + about.column(text).total_uncompressed_size
            if size >= PIECE_BYTES:
                yield Piece(number, tuple(groups), first_row, rows, size)
                number, first_row, rows, size, groups = number + 1, first_row + rows, 0, 0, []
    if rows:
        yield Piece(number, tuple(groups), first_row, rows, size)
