"""The ledger: an append-only file with one record a round, each chained to the one before by its hash.

A record is on disk before its round is trained, so what was read can always be told. Finding the record of a
position is a binary search over bytes: opening a ledger of any length costs a few dozen reads.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.artifact import canonical
from pipeline.errors import UserError

FORMAT = 1
Cursor = tuple[int, int]
"""(epoch, tokens into the epoch's string)."""


@dataclass(frozen=True)
class Record:
    """One round: what was asked, what was given, and where every slice stands afterwards."""

    round: int
    segment: int
    """Number of amendments before it: which settings and slices it belongs to."""
    phase: int
    """Index of the segment's phase."""
    position: int
    """Global index of the round's first sequence."""
    step: int
    """Optimizer steps before the round."""
    tokens: int
    """Training tokens before the round."""
    sequences: int
    batch: int
    """Sequences a step."""
    sequence_length: int
    asked: Mapping[str, float]
    """Share of each slice as the method said."""
    given: Mapping[str, int]
    """Whole sequences of each slice; slices without any are left out."""
    carry: Mapping[str, int]
    """What each slice is owed afterwards, in units of ``apportion.ONE``; zeros are left out."""
    cursors: Mapping[str, Cursor]
    """Where each slice goes on after the round."""
    signals: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """What the method saw besides progress."""
    rule: str = ""
    """Fingerprint of the settings that led here."""
    previous: str = ""
    """Hash of the record before; the header's hash for the first."""
    hash: str = ""
    """Hash of everything above."""

    @property
    def end(self) -> int:
        """Position after the round."""
        return self.position + self.sequences

    @property
    def end_step(self) -> int:
        """Optimizer steps after the round."""
        return self.step + self.sequences // self.batch

    @property
    def end_tokens(self) -> int:
        """Training tokens after the round."""
        return self.tokens + self.sequences * self.sequence_length

    def without_signals(self) -> Record:
        """Return the record of a round that nothing was measured before."""
        return replace(self, signals={})


def _sealed(record: Record, previous: str) -> tuple[Record, bytes]:
    """Return the record chained to ``previous`` and carrying its own hash, and its line."""
    before, after = _text(record, previous)
    seal = _digest(before, after)
    line = f'{before},"hash":"{seal}",{after}\n'
    return replace(record, previous=previous, hash=seal), line.encode()


def _text(record: Record, previous: str) -> tuple[str, str]:
    """Return the record's canonical JSON in two parts, between which its hash has its place.

    Dictionaries with an entry a slice are long, so they are turned into text once, for hash and line together.
    """
    fields = {**{name: getattr(record, name) for name in Record.__dataclass_fields__}, "previous": previous}
    before = canonical({name: value for name, value in fields.items() if name < "hash"})
    after = canonical({name: value for name, value in fields.items() if name > "hash"})
    return before[:-1], after[1:]


def _digest(before: str, after: str) -> str:
    return hashlib.sha256(f"{before},{after}".encode()).hexdigest()


def _hash(header: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical({k: v for k, v in header.items() if k != "hash"}).encode()).hexdigest()


class Ledger:
    """The records of one run, in a file of one JSON object a line; the first line is a header."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._open() as file:
            line = file.readline()
            self._begin = file.tell()
        self.header: dict[str, Any] = self._parse(line, 0)
        if self.header.get("format") != FORMAT:
            raise UserError(f"{path}:1: ledger format {self.header.get('format')!r}, this headwater reads {FORMAT}")

    @classmethod
    def create(cls, path: Path, identity: Mapping[str, str]) -> Ledger:
        """Start a new ledger; ``identity`` says which stream and run it belongs to."""
        header = {"format": FORMAT, **identity}
        _append(path, (canonical({**header, "hash": _hash(header)}) + "\n").encode())
        return cls(path)

    def append(self, record: Record) -> Record:
        """Seal the record to the last one, write it durably, and return it."""
        last = self.last()
        expected = last.end if last else 0
        if record.position != expected:
            raise ValueError(f"round {record.round} starts at {record.position}; the ledger ends at {expected}")
        complete, line = _sealed(record, last.hash if last else self.header["hash"])
        _append(self.path, line)
        return complete

    def extend(self, records: Iterable[Record]) -> None:
        """Append records that no training waits for: each sealed to the one before, all made durable at the end."""
        last = self.last()
        end, previous = (last.end, last.hash) if last else (0, self.header["hash"])
        with self.path.open("ab") as file:
            for record in records:
                if record.position != end:
                    raise ValueError(f"round {record.round} starts at {record.position}; the ledger ends at {end}")
                complete, line = _sealed(record, previous)
                file.write(line)
                end, previous = complete.end, complete.hash
            file.flush()
            os.fsync(file.fileno())

    def repair(self) -> None:
        """Cut off a last line that a crash left unfinished."""
        with self.path.open("r+b") as file:
            file.seek(0, os.SEEK_END)
            end = file.tell()
            if end:
                file.truncate(_line_start(file, end) if not _ends_line(file, end) else end)

    def last(self) -> Record | None:
        """Return the newest complete record, or None for an empty ledger."""
        with self._open() as file:
            file.seek(0, os.SEEK_END)
            end = file.tell()
            if end and not _ends_line(file, end):
                end = _line_start(file, end)
            return self._read(file, _line_start(file, end - 1)) if end > self._begin else None

    def at(self, position: int) -> Record | None:
        """Return the record whose round holds the sequence, or None if no round reaches that far yet."""
        return self._search(lambda record: (record.position <= position) - (position < record.end))

    def at_step(self, step: int) -> Record | None:
        """Return the record whose round holds the optimizer step (counted from 1), or None."""
        return self._search(lambda record: (record.step < step) - (step <= record.end_step))

    def _search(self, side: Callable[[Record], int]) -> Record | None:
        """Find the record for which ``side`` is 0; it is 1 for all records before it and -1 for all after it."""
        with self._open() as file:
            file.seek(0, os.SEEK_END)
            low, high = self._begin, file.tell()
            while low < high:
                start = _line_start(file, (low + high) // 2)
                record = self._read(file, start)
                if record is not None and side(record) == 0:
                    return record
                if record is None or side(record) < 0:
                    high = start
                else:
                    low = file.tell()
        return None

    def first_of(self, segment: int) -> Record | None:
        """Return the first record of a segment, or None where the ledger holds none of it."""
        found = None
        with self._open() as file:
            file.seek(0, os.SEEK_END)
            low, high = self._begin, file.tell()
            while low < high:
                start = _line_start(file, (low + high) // 2)
                record = self._read(file, start)
                if record is None or record.segment >= segment:
                    found, high = record or found, start
                else:
                    low = file.tell()
        return found if found is not None and found.segment == segment else None

    def __iter__(self) -> Iterator[Record]:
        """Yield all records from the first."""
        with self._open() as file:
            file.seek(self._begin)
            while (record := self._read(file, file.tell())) is not None:
                yield record

    def problems(self) -> Iterator[str]:
        """Yield every place where the chain does not hold."""
        previous, position = self.header.get("hash"), 0
        if previous != _hash(self.header):
            yield f"{self.path}:1: the header was changed"
        for number, record in enumerate(self, start=2):
            where = f"{self.path}:{number}: round {record.round}"
            if record.hash != _digest(*_text(record, record.previous)):
                yield f"{where}: contents do not fit the record's hash"
            if record.previous != previous:
                yield f"{where}: does not follow the record before it"
            if record.position != position:
                yield f"{where}: starts at sequence {record.position}, expected {position}"
            previous, position = record.hash, record.end

    def _open(self) -> BinaryIO:
        try:
            return self.path.open("rb")
        except FileNotFoundError:
            raise UserError(f"{self.path}: no ledger here") from None

    def _read(self, file: BinaryIO, start: int) -> Record | None:
        file.seek(start)
        line = file.readline()
        if not line.endswith(b"\n"):
            return None
        fields = self._parse(line, start)
        try:
            cursors = {name: (epoch, offset) for name, (epoch, offset) in fields.pop("cursors").items()}
            return Record(cursors=cursors, **fields)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise UserError(f"{self.path}: byte {start}: not a ledger record: {error}") from error

    def _parse(self, line: bytes, start: int) -> dict[str, Any]:
        try:
            fields = json.loads(line)
        except ValueError as error:
            raise UserError(f"{self.path}: byte {start}: damaged ledger line: {error}") from error
        if not isinstance(fields, dict):
            raise UserError(f"{self.path}: byte {start}: not a ledger record")
        return fields


def _append(path: Path, line: bytes) -> None:
    with path.open("ab") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _ends_line(file: BinaryIO, end: int) -> bool:
    file.seek(end - 1)
    return file.read(1) == b"\n"


def _line_start(file: BinaryIO, inside: int) -> int:
    """Return where the line that holds byte ``inside - 1``'s successor begins: the byte after the newline before."""
    step = 1 << 12
    at = inside
    while at > 0:
        begin = max(0, at - step)
        file.seek(begin)
        found = file.read(at - begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        at = begin
    return 0
