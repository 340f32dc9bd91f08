"""Trace: from training steps to documents, and from a document to training steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import UserError
from pipeline.stream.ledger import Record
from pipeline.stream.open_run import OpenRun
from pipeline.stream.placements import Sequence, places
from pipeline.stream.reader import Piece, Tokens
from pipeline.stream.skipped import skipped_steps
from pipeline.stream.slice_table import SliceFile
from pipeline.stream.source_tokens import SourceTokens
from pipeline.stream.strings import Rule


@dataclass(frozen=True)
class Use:
    """A stretch of a document inside one sequence of one step."""

    step: int
    """Counted from 1."""
    sequence: Sequence
    piece: Piece
    document: str
    skipped: bool
    """Whether the step's update was kept back, so that it was read and changed nothing."""


@dataclass(frozen=True)
class Tracer:
    """Answers both questions for one run."""

    opened: OpenRun

    def steps(self, first: int, last: int) -> Iterator[Use]:
        """Yield every document of steps ``first`` to ``last``, in reading order; raise UserError beyond the ledger."""
        newest = self.opened.ledger.last()
        end = newest.end_step if newest else 0
        if not 1 <= first <= last <= end:
            raise UserError(f"--step {first}:{last}: the ledger holds steps 1 to {end}")
        for step in range(first, last + 1):
            record = self.opened.ledger.at_step(step)
            assert record is not None, "the ledger holds every step up to its end"
            begin = record.position + (step - 1 - record.step) * record.batch
            for sequence in self.opened.reader.sequences(begin, record.batch):
                for piece in self.opened.reader.pieces(sequence):
                    document = self._ids(piece.source)[piece.row].as_py()
                    yield Use(step, sequence, piece, document, step in self._skipped)

    def document(self, identifier: str) -> Iterator[Use]:
        """Yield every use of a document, in order; raise UserError if no slice of the run has it for training."""
        if (found := self._find(identifier)) is None:
            raise UserError(
                f"--document {identifier}: no slice of this run trains on it; either it is held out, or it is not "
                f"a document of {', '.join(sorted({p.source for p in self.opened.reader.slices.values()}))}"
            )
        piece, index = found
        strings = self.opened.reader.strings
        stretches: dict[tuple[Rule, int], list[tuple[int, int]]] = {}
        for record in self.opened.ledger:
            if piece.name not in record.given:
                continue
            start = strings.before(record, piece.name)
            count, length = record.given[piece.name], record.sequence_length
            # One sequence may hold the document twice, at the end of an epoch and at the start of the next.
            numbers: set[int] = set()
            for section in strings.sections(piece.name, start, start + count * length):
                key = (section.rule, section.epoch)
                if key not in stretches:
                    stretches[key] = strings.stretches(section, index)
                for begin, end in stretches[key]:
                    low, high = max((begin - start) // length, 0), min((end - 1 - start) // length, count - 1)
                    numbers.update(range(low, high + 1))
            if numbers:
                yield from self._uses(record, piece, index, identifier, numbers)

    def trains_on(self, identifier: str) -> bool:
        """Return whether a slice of the run has a document for training, read by now or not."""
        return self._find(identifier) is not None

    def tokens(self, use: Use) -> Tokens:
        """Return the tokens of the document that a use read."""
        piece = self.opened.reader.slices[use.sequence.slice]
        row = int(np.searchsorted(piece.documents["row"], use.piece.row))
        start = int(piece.documents["start"][row]) + use.piece.begin
        if piece.source not in self._sources:
            self._sources[piece.source] = SourceTokens(self.opened.root / "tokens" / piece.source)
        return self._sources[piece.source].take(np.array([start]), np.array([use.piece.tokens]))

    def _uses(self, record: Record, piece: SliceFile, index: int, identifier: str, numbers: set[int]) -> Iterator[Use]:
        row = int(piece.documents["row"][index])
        mine = [s for s in places(record, self.opened.reader.strings) if s.slice == piece.name]
        for sequence in (mine[number] for number in sorted(numbers)):
            for part in self.opened.reader.pieces(sequence):
                if part.row == row:
                    step = record.step + (sequence.position - record.position) // record.batch + 1
                    yield Use(step, sequence, part, identifier, step in self._skipped)

    def _find(self, identifier: str) -> tuple[SliceFile, int] | None:
        for piece in self.opened.reader.slices.values():
            row = pc.index(self._ids(piece.source), identifier).as_py()
            at = int(np.searchsorted(piece.documents["row"], row)) if row >= 0 else len(piece.documents)
            if at < len(piece.documents) and piece.documents["row"][at] == row:
                return piece, at
        return None

    def _ids(self, source: str) -> Any:
        if source not in self._tables:
            path = self.opened.root / "tokens" / source / "documents.parquet"
            self._tables[source] = pq.read_table(path, columns=["id"], memory_map=True)["id"]
        return self._tables[source]

    @cached_property
    def _skipped(self) -> dict[int, str]:
        return skipped_steps(self.opened.folder)

    @cached_property
    def _sources(self) -> dict[str, SourceTokens]:
        return {}

    @cached_property
    def _tables(self) -> dict[str, Any]:
        return {}
