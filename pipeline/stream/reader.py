"""The reader: from a position to its tokens and documents, by arithmetic and memory-mapped files.

A sequence holds ``sequence_length + 1`` tokens and the next one of its slice starts ``sequence_length`` further on,
so that every token is an input once and a label once, across rounds and epochs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError
from pipeline.recipe import Run
from pipeline.stream.apportion import spread
from pipeline.stream.gather import gather
from pipeline.stream.ledger import Ledger, Record
from pipeline.stream.order_file import OrderFile, open_order
from pipeline.stream.order_rules import OrderRules, cursors_before
from pipeline.stream.pieces import Pieces, Stretch, cut, interleave
from pipeline.stream.segment import Segment
from pipeline.stream.slice_table import SliceFile, load_slices
from pipeline.stream.source_tokens import SourceTokens

Tokens = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sequence:
    """Where one sequence comes from."""

    position: int
    slice: str
    epoch: int
    offset: int
    """Tokens into the slice's string of that epoch."""
    length: int


@dataclass(frozen=True)
class Placements:
    """The sequences of one round as columns, in order of position."""

    position: int
    """Of the first sequence."""
    length: int
    """Tokens a sequence."""
    names: tuple[str, ...]
    """Slices of the round."""
    which: Tokens
    """Index in ``names`` of each sequence's slice."""
    begins: Tokens
    """Where each sequence starts, in tokens since its slice's first epoch began."""


@dataclass(frozen=True)
class Batch:
    """Neighbouring sequences of one round: where every token of them comes from."""

    placements: Placements
    """Of these sequences alone."""
    pieces: Pieces
    """Each sequence's ``length + 1`` tokens; ``slice`` is an index in ``placements.names``."""
    dtype: np.dtype[Any]
    """Of a token in the files."""


@dataclass(frozen=True)
class Piece:
    """A stretch of one document inside a sequence."""

    source: str
    row: int
    """Row in the source's documents.parquet."""
    begin: int
    """First token of the document that is used."""
    tokens: int


@dataclass(frozen=True)
class _Stretch:
    """Neighbouring documents of one epoch's string: where their used tokens start in the source, and how many."""

    piece: SliceFile
    documents: Tokens
    starts: Tokens
    lengths: Tokens


@dataclass
class Reader:
    """Reads sequences of one run from its ledger, slices and tokens."""

    root: Path
    stream: Path
    ledger: Ledger
    run: Run
    seed: int
    slices: dict[str, SliceFile] = field(init=False)
    """Every slice that any segment has; a name stands for the same documents in all of them."""
    orders: OrderRules = field(default_factory=OrderRules, init=False)
    newest: int = field(default=0, init=False)
    """Number of the last segment that it knows."""
    _orders: dict[tuple[str, int], OrderFile] = field(default_factory=dict, init=False)
    _tokens: dict[str, SourceTokens] = field(default_factory=dict, init=False)
    _record: Record | None = field(default=None, init=False)
    _placements: Placements | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.slices = load_slices(self.stream)
        self.orders.add(self.run, self.slices, {})

    def amend(self, segment: Segment, first: Record) -> None:
        """Let another segment hold from the round ``first`` on."""
        self.newest = segment.index
        self.slices |= segment.slices
        self.orders.add(segment.run, segment.slices, cursors_before(first, self.slices))

    def begin_round(self, record: Record) -> None:
        """Use a record that may not be in this process's view of the ledger yet."""
        self._record, self._placements = record, placements(record, self.slices)

    def sequences(self, begin: int, count: int) -> Iterator[Sequence]:
        """Yield where the sequences at positions ``begin`` ... ``begin + count - 1`` come from."""
        for position in range(begin, begin + count):
            placed = self._round(position)
            yield _sequence(placed, position - placed.position, self.slices)

    def tokens(self, begin: int, count: int) -> Tokens:
        """Return int64 [count, sequence_length + 1]; raise ValueError where the length changes in between."""
        blocks = [self.block(batch).astype(np.int64) for batch in self.batches(begin, count)]
        return np.concatenate(blocks) if len(blocks) > 1 else blocks[0]

    def batches(self, begin: int, count: int) -> Iterator[Batch]:
        """Yield the sequences ``begin`` ... ``begin + count - 1``, cut where rounds end."""
        while count:
            placed = self._round(begin)
            low = begin - placed.position
            high = min(low + count, len(placed.which))
            mine = Placements(begin, placed.length, placed.names, placed.which[low:high], placed.begins[low:high])
            yield self._batch(mine)
            begin, count = begin + high - low, count - (high - low)

    def block(self, batch: Batch) -> npt.NDArray[Any]:
        """Return the batch's tokens in the files' dtype, [sequences, length + 1]; `read` is what it must equal."""
        taken = gather(batch.pieces.address, batch.pieces.tokens * batch.dtype.itemsize)
        return taken.view(batch.dtype).reshape(-1, batch.placements.length + 1)

    def _batch(self, placed: Placements) -> Batch:
        counts = np.bincount(placed.which, minlength=len(placed.names))
        by_slice = np.split(np.argsort(placed.which, kind="stable"), np.cumsum(counts)[:-1])
        parts = []
        for index in np.flatnonzero(counts).tolist():
            numbers = by_slice[index]
            begins = placed.begins[numbers]
            stretch = self._stretch(placed.names[index], int(begins[0]), int(begins[-1]) + placed.length + 1)
            dtype = self._tokens_of(self.slices[placed.names[index]].source).dtype
            parts.append(cut(stretch, begins, placed.length + 1, numbers=numbers, index=index, itemsize=dtype.itemsize))
        return Batch(placed, interleave(parts), dtype)

    def _stretch(self, name: str, begin: int, end: int) -> Stretch:
        """Return the documents that hold tokens ``begin`` to ``end`` of a slice, counted over all epochs."""
        piece = self.slices[name]
        source = self._tokens_of(piece.source)
        found = []
        for epoch in range(begin // piece.tokens, (end - 1) // piece.tokens + 1):
            shift = epoch * piece.tokens
            documents, ends = self.order(piece, epoch).find(max(begin - shift, 0), min(end - shift, piece.tokens))
            # A plain view: every operation on a memory map costs microseconds more.
            table = np.asarray(piece.documents)[documents]
            sizes = table["tokens"].astype(np.int64)
            found.append((table["row"], source.addresses(table["start"], sizes), sizes, ends + shift))
        columns = found[0] if len(found) == 1 else (np.concatenate(column) for column in zip(*found, strict=True))
        return Stretch(*columns)

    def read(self, sequence: Sequence) -> Tokens:
        """Return the ``length + 1`` tokens of a sequence; at an epoch's end the string goes on into the next."""
        parts = [
            self._tokens_of(s.piece.source).take(s.starts, s.lengths)
            for s in self._stretches(sequence, sequence.length + 1)
        ]
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    def pieces(self, sequence: Sequence) -> Iterator[Piece]:
        """Yield the documents of a sequence, each token of it once."""
        for stretch in self._stretches(sequence, sequence.length):
            table = stretch.piece.documents[stretch.documents]
            for document, start, length in zip(table, stretch.starts, stretch.lengths, strict=True):
                begin = int(start - document["start"])
                yield Piece(stretch.piece.source, int(document["row"]), begin, int(length))

    def _stretches(self, sequence: Sequence, length: int) -> Iterator[_Stretch]:
        """Yield where ``length`` tokens from the sequence's begin lie, one item an epoch touched."""
        piece = self.slices[sequence.slice]
        epoch, offset, left = sequence.epoch, sequence.offset, length
        while left:
            end = min(piece.tokens, offset + left)
            documents, ends = self.order(piece, epoch).find(offset, end)
            table = piece.documents[documents]
            begins = ends - table["tokens"]
            first = np.maximum(begins, offset)
            yield _Stretch(piece, documents, table["start"] + (first - begins), np.minimum(ends, end) - first)
            left -= end - offset
            epoch, offset = epoch + 1, 0

    def order(self, piece: SliceFile, epoch: int) -> OrderFile:
        """Return the string of a slice and epoch."""
        key = (piece.name, epoch)
        if key not in self._orders:
            rule = self.orders.at(piece.name, epoch)
            self._orders[key] = open_order(self.cache, rule.piece, rule.order, self.seed, epoch)
        return self._orders[key]

    @property
    def cache(self) -> Path:
        """Where orders are kept."""
        return self.root / "cache" / "orders"

    def _tokens_of(self, source: str) -> SourceTokens:
        if source not in self._tokens:
            self._tokens[source] = SourceTokens(self.root / "tokens" / source)
        return self._tokens[source]

    def record(self, position: int) -> Record:
        """Return the record of the round that holds a position; raise UserError if no round reaches that far yet."""
        if self._record is None or not self._record.position <= position < self._record.end:
            record = self.ledger.at(position)
            if record is None:
                raise UserError(f"{self.ledger.path}: sequence {position} has not been given out yet")
            self.begin_round(record)
        assert self._record is not None
        return self._record

    def _round(self, position: int) -> Placements:
        """Return where the sequences of the round that holds a position start."""
        self.record(position)
        assert self._placements is not None
        return self._placements


def placements(record: Record, slices: Mapping[str, SliceFile]) -> Placements:
    """Return where every sequence of a round starts."""
    names = tuple(sorted(record.given))
    which, nth = spread(np.array([record.given[name] for name in names], dtype=np.int64))
    first = np.array([first_token(record, name, slices[name].tokens) for name in names], dtype=np.int64)
    begins = first[which] + nth * record.sequence_length
    return Placements(record.position, record.sequence_length, names, which, begins)


def places(record: Record, slices: Mapping[str, SliceFile]) -> Iterator[Sequence]:
    """Yield every sequence of a round, in order."""
    placed = placements(record, slices)
    for index in range(len(placed.which)):
        yield _sequence(placed, index, slices)


def _sequence(placed: Placements, index: int, slices: Mapping[str, SliceFile]) -> Sequence:
    name = placed.names[int(placed.which[index])]
    epoch, offset = divmod(int(placed.begins[index]), slices[name].tokens)
    return Sequence(placed.position + index, name, epoch, offset, placed.length)


def first_token(record: Record, name: str, size: int) -> int:
    """Return where a slice stood before the round, in tokens since its first epoch began."""
    epoch, offset = record.cursors[name]
    return epoch * size + offset - record.given[name] * record.sequence_length


def digest(position: int, tokens: Tokens) -> int:
    """Return a 63-bit hash of one sequence at its place.

    Sums of these are the same in any order, so ranks can add theirs up (modulo 2**63) and anyone can check the total.
    """
    content = position.to_bytes(8, "little") + np.ascontiguousarray(tokens, dtype="<i8").tobytes()
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little") >> 1
