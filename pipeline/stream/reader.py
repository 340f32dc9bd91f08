"""The reader: from a position to its tokens and documents, by arithmetic and memory-mapped files.

A sequence holds ``sequence_length + 1`` tokens and the next one of its slice starts ``sequence_length`` further on,
so that every token is an input once and a label once, across rounds and epochs. Of a packed slice a sequence is one
bin, with end-of-document tokens where nothing is left to fill it.
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
from pipeline.stream.gather import gather
from pipeline.stream.ledger import Cursor, Ledger, Record
from pipeline.stream.packed import Padding, label_of_full_bins, packed
from pipeline.stream.pieces import Pieces, Stretch, cut, interleave
from pipeline.stream.placements import Placements, Sequence, placements, sequence_at
from pipeline.stream.segment import Segment
from pipeline.stream.slice_table import SliceFile, load_slices
from pipeline.stream.source_tokens import SourceTokens
from pipeline.stream.strings import Section, Strings

Tokens = npt.NDArray[np.int64]


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

    table: Any
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
    strings: Strings = field(init=False)
    newest: int = field(default=0, init=False)
    """Number of the last segment that it knows."""
    _tokens: dict[str, SourceTokens] = field(default_factory=dict, init=False)
    _padding: dict[tuple[str, int], Padding] = field(default_factory=dict, init=False)
    _record: Record | None = field(default=None, init=False)
    _placements: Placements | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.slices = load_slices(self.stream)
        self.strings = Strings(self.root / "cache", self.seed)
        self.strings.add(self.run, self.slices, {})

    def amend(self, segment: Segment, before: Mapping[str, Cursor]) -> None:
        """Let another segment hold; ``before`` is where every slice stands when it begins."""
        self.newest = segment.index
        self.slices |= segment.slices
        self.strings.add(segment.run, segment.slices, before)

    def begin_round(self, record: Record) -> None:
        """Use a record that may not be in this process's view of the ledger yet."""
        self._record, self._placements = record, placements(record, self.strings)

    def sequences(self, begin: int, count: int) -> Iterator[Sequence]:
        """Yield where the sequences at positions ``begin`` ... ``begin + count - 1`` come from."""
        for position in range(begin, begin + count):
            placed = self._round(position)
            yield sequence_at(placed, position - int(placed.positions[0]), self.strings)

    def tokens(self, begin: int, count: int) -> Tokens:
        """Return int64 [count, sequence_length + 1]; raise ValueError where the length changes in between."""
        blocks = [self.block(batch).astype(np.int64) for batch in self.batches(begin, count)]
        return np.concatenate(blocks) if len(blocks) > 1 else blocks[0]

    def batches(self, begin: int, count: int) -> Iterator[Batch]:
        """Yield the sequences ``begin`` ... ``begin + count - 1``, cut where rounds end."""
        while count:
            placed = self._round(begin)
            low = begin - int(placed.positions[0])
            mine = placed.take(slice(low, low + count))
            yield self._batch(mine)
            begin, count = begin + len(mine.which), count - len(mine.which)

    def share(self, begin: int, count: int, rank: int, ranks: int) -> Batch:
        """Return every ``ranks``-th of some sequences of one round, from the one with number ``rank`` on."""
        placed = self._round(begin)
        low = begin - int(placed.positions[0])
        return self._batch(placed.take(slice(low + rank, low + count, ranks)))

    def block(self, batch: Batch) -> npt.NDArray[Any]:
        """Return the batch's tokens in the files' dtype, [sequences, length + 1]; `read` is what it must equal."""
        taken = gather(batch.pieces.address, batch.pieces.tokens * batch.dtype.itemsize)
        return taken.view(batch.dtype).reshape(-1, batch.placements.length + 1)

    def _batch(self, placed: Placements) -> Batch:
        counts = np.bincount(placed.which, minlength=len(placed.names))
        by_slice = np.split(np.argsort(placed.which, kind="stable"), np.cumsum(counts)[:-1])
        parts = []
        for index in np.flatnonzero(counts).tolist():
            numbers, name = by_slice[index], placed.names[index]
            make = self._packed if self.strings.is_packed(name) else self._cut
            parts.append(make(name, index, numbers, placed.begins[numbers], placed.length))
        return Batch(placed, interleave(parts), self._tokens_of(self.slices[placed.names[0]].source).dtype)

    def _cut(self, name: str, index: int, numbers: Tokens, begins: Tokens, length: int) -> Pieces:
        """Return the pieces of some sequences of a slice that is read end to end."""
        stretch = self._stretch(name, int(begins[0]), int(begins[-1]) + length + 1)
        itemsize = self._tokens_of(self.slices[name].source).dtype.itemsize
        return cut(stretch, begins, length + 1, numbers=numbers, index=index, itemsize=itemsize)

    def _stretch(self, name: str, begin: int, end: int) -> Stretch:
        """Return the documents that hold tokens ``begin`` to ``end`` of a slice, counted over all epochs."""
        source = self._tokens_of(self.slices[name].source)
        found = []
        for section in self.strings.sections(name, begin, end):
            order = self.strings.order(section.rule, section.epoch)
            documents, ends = order.find(section.begin - section.start, section.end - section.start)
            # A plain view: every operation on a memory map costs microseconds more.
            table = np.asarray(section.rule.piece.documents)[documents]
            sizes = table["tokens"].astype(np.int64)
            found.append((table["row"], source.addresses(table["start"], sizes), sizes, ends + section.start))
        columns = found[0] if len(found) == 1 else (np.concatenate(column) for column in zip(*found, strict=True))
        return Stretch(*columns)

    def _packed(self, name: str, index: int, numbers: Tokens, begins: Tokens, length: int) -> Pieces:
        """Return the pieces of some sequences of a packed slice."""
        source = self._tokens_of(self.slices[name].source)
        padding = self._padding_of(name, length)
        found = []
        for section in self.strings.sections(name, int(begins[0]), int(begins[-1]) + length):
            mine = (begins >= section.begin) & (begins < section.end)
            if not mine.any():
                continue
            # Sequences between these are other ranks'.
            number = np.full((section.end - section.begin) // length, -1)
            number[(begins[mine] - section.begin) // length] = numbers[mine]
            parts, table, places = self._parts(section)
            own = number[places] >= 0
            rows = number[places[own]]
            found.append(packed(rows, parts[own], table[own], source, padding, length, index))
        return interleave(found)

    def _parts(self, section: Section) -> tuple[Any, Any, Tokens]:
        """Return (part, its document, number of its bin) of all parts in a packed section, in reading order."""
        assert section.rule.pack is not None
        places, chosen = self.strings.bins(section)
        parts = np.asarray(section.rule.pack.parts)[chosen]
        return parts, np.asarray(section.rule.piece.documents)[parts["document"]], places

    def read(self, sequence: Sequence) -> Tokens:
        """Return the ``length + 1`` tokens of a sequence; end to end, an epoch's string goes on into the next."""
        source = self._tokens_of(self.slices[sequence.slice].source)
        parts = [source.take(s.starts, s.lengths) for s in self._stretches(sequence, sequence.length + 1)]
        tokens = np.concatenate(parts) if len(parts) > 1 else parts[0]
        if len(tokens) <= sequence.length:
            padding = self._padding_of(sequence.slice, sequence.length).tokens
            tokens = np.concatenate([tokens, padding[len(tokens) : sequence.length + 1].astype(np.int64)])
        return tokens

    def pieces(self, sequence: Sequence) -> Iterator[Piece]:
        """Yield the documents of a sequence, each token of it once."""
        for stretch in self._stretches(sequence, sequence.length):
            for document, start, length in zip(stretch.table, stretch.starts, stretch.lengths, strict=True):
                source = self.slices[sequence.slice].source
                yield Piece(source, int(document["row"]), int(start - document["start"]), int(length))

    def _stretches(self, sequence: Sequence, length: int) -> Iterator[_Stretch]:
        """Yield where ``length`` tokens from the sequence's begin lie, one item an epoch touched."""
        begin = self.strings.absolute(sequence.slice, (sequence.epoch, sequence.offset))
        if self.strings.is_packed(sequence.slice):
            (section,) = self.strings.sections(sequence.slice, begin, begin + sequence.length)
            parts, table, _ = self._parts(section)
            tokens = parts["tokens"]
            if length > sequence.length:
                tokens = label_of_full_bins(np.zeros(len(parts), np.int64), parts, table["tokens"], sequence.length)
            yield _Stretch(table, table["start"] + parts["begin"], tokens)
            return
        for section in self.strings.sections(sequence.slice, begin, begin + length):
            low, high = section.begin - section.start, section.end - section.start
            documents, ends = self.strings.order(section.rule, section.epoch).find(low, high)
            table = section.rule.piece.documents[documents]
            begins = ends - table["tokens"]
            first = np.maximum(begins, low)
            yield _Stretch(table, table["start"] + (first - begins), np.minimum(ends, high) - first)

    def _padding_of(self, name: str, length: int) -> Padding:
        """Return what fills sequences of a slice up; it is kept, for batches hold its address."""
        key = (self.slices[name].source, length)
        if key not in self._padding:
            self._padding[key] = Padding.of(self.slices[name], self._tokens_of(key[0]), length)
        return self._padding[key]

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


def digests(positions: Tokens, rows: Tokens) -> int:
    """Return the sum of the rows' hashes."""
    return sum(digest(int(position), row) for position, row in zip(positions, rows, strict=True)) % 2**63


def digest(position: int, tokens: Tokens) -> int:
    """Return a 63-bit hash of one sequence at its place.

    Sums of these are the same in any order, so ranks can add theirs up (modulo 2**63) and anyone can check the total.
    """
    content = position.to_bytes(8, "little") + np.ascontiguousarray(tokens, dtype="<i8").tobytes()
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little") >> 1
