"""The reader: from a position to its tokens and documents, by arithmetic and memory-mapped files.

A sequence holds ``sequence_length + 1`` tokens and the next one of its slice starts ``sequence_length`` further on,
so that every token is an input once and a label once, across rounds and epochs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError
from pipeline.recipe import Run
from pipeline.stream.apportion import spread
from pipeline.stream.ledger import Ledger, Record
from pipeline.stream.order_file import OrderFile, open_order
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
    slices: Mapping[str, SliceFile] = field(init=False)
    _orders: dict[tuple[str, int], OrderFile] = field(default_factory=dict, init=False)
    _tokens: dict[str, SourceTokens] = field(default_factory=dict, init=False)
    _record: Record | None = field(default=None, init=False)
    _places: list[Sequence] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.slices = load_slices(self.stream)

    def begin_round(self, record: Record) -> None:
        """Use a record that may not be in this process's view of the ledger yet."""
        self._record, self._places = record, list(places(record, self.slices))

    def sequences(self, begin: int, count: int) -> Iterator[Sequence]:
        """Yield where the sequences at positions ``begin`` ... ``begin + count - 1`` come from."""
        for position in range(begin, begin + count):
            if self._record is None or not self._record.position <= position < self._record.end:
                self._load_round(position)
            assert self._record is not None
            yield self._places[position - self._record.position]

    def tokens(self, begin: int, count: int) -> Tokens:
        """Return int64 [count, sequence_length + 1]."""
        return np.stack([self.read(sequence) for sequence in self.sequences(begin, count)])

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
            documents, ends = self._order(piece, epoch).find(offset, end)
            table = piece.documents[documents]
            begins = ends - table["tokens"]
            first = np.maximum(begins, offset)
            yield _Stretch(piece, documents, table["start"] + (first - begins), np.minimum(ends, end) - first)
            left -= end - offset
            epoch, offset = epoch + 1, 0

    def _order(self, piece: SliceFile, epoch: int) -> OrderFile:
        key = (piece.name, epoch)
        if key not in self._orders:
            self._orders[key] = open_order(
                self.root / "cache" / "orders", piece, self.run.order_of(piece.source), self.seed, epoch
            )
        return self._orders[key]

    def _tokens_of(self, source: str) -> SourceTokens:
        if source not in self._tokens:
            self._tokens[source] = SourceTokens(self.root / "tokens" / source)
        return self._tokens[source]

    def _load_round(self, position: int) -> None:
        record = self.ledger.at(position)
        if record is None:
            raise UserError(f"{self.ledger.path}: sequence {position} has not been given out yet")
        self.begin_round(record)


def places(record: Record, slices: Mapping[str, SliceFile]) -> Iterator[Sequence]:
    """Yield every sequence of a round, in order."""
    names = sorted(record.given)
    which, nth = spread(np.array([record.given[name] for name in names], dtype=np.int64))
    length = record.sequence_length
    first = {name: first_token(record, name, slices[name].tokens) for name in names}
    for i, (index, number) in enumerate(zip(which.tolist(), nth.tolist(), strict=True)):
        name = names[index]
        epochs, offset = divmod(first[name] + number * length, slices[name].tokens)
        yield Sequence(record.position + i, name, epochs, offset, length)


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
