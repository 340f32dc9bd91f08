"""Checking a run: the ledger's chain, every round re-derived, and the tokens of steps read again and compared.

Where tokens differ, the files behind them are checked too, so that what is named is the damaged file.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pipeline import artifact
from pipeline.stream.ledger import Record
from pipeline.stream.open_run import OpenRun
from pipeline.stream.placements import Sequence
from pipeline.stream.reader import digest
from pipeline.stream.skipped import problems_of_skips
from pipeline.stream.strings import Rule


def problems(opened: OpenRun, samples: int) -> Iterator[str]:
    """Yield everything that does not hold. ``samples`` steps are read again, spread over the run; 0 reads all."""
    # Rounds count on the packs, so these come first: what is named is the damaged file.
    broken = [*opened.reader.strings.problems_of_packs(), *opened.ledger.problems()]
    yield from broken
    # What cannot be trusted says nothing about the rest.
    if broken or (yield from _rounds(opened)):
        return
    yield from problems_of_skips(opened)
    yield from _steps(opened, samples)


def _rounds(opened: OpenRun) -> Generator[str, None, bool]:
    """Yield every round that does not follow from the one before; return whether there was one."""
    sound = True
    last: Record | None = None
    directors = [segment.director(opened.reader.strings) for segment in opened.segments]
    for record in opened.ledger:
        where = f"{opened.ledger.path}: round {record.round}"
        if not (last.segment if last else 0) <= record.segment < len(directors):
            yield f"{where}: belongs to segment {record.segment}; the run has {len(directors)}, one after the other"
            return True
        expected = directors[record.segment].next(last, record.signals)
        plain = replace(record, previous="", hash="")
        if expected != plain:
            sound = False
            different = [
                name
                for name in plain.__dataclass_fields__
                if expected is None or getattr(expected, name) != getattr(plain, name)
            ]
            yield f"{where}: does not follow from the recipe: {', '.join(different)}"
        last = record
    return not sound


def _steps(opened: OpenRun, samples: int) -> Iterator[str]:
    lines = list(_metrics(opened))
    lines = lines[:: max(1, len(lines) // samples) if samples else 1]
    broken = list(_orders(opened, lines))
    yield from broken
    sources: set[str] = set()
    for line in lines if not broken else ():
        sequences = _sequences(opened, line)
        if sequences is None:
            yield f"{opened.ledger.path}: holds no round for step {line['step']}, which was trained"
        elif sum(digest(s.position, opened.reader.read(s)) for s in sequences) % 2**63 != line["digest"]:
            sources |= {opened.reader.slices[sequence.slice].source for sequence in sequences}
            where = opened.folder / "metrics.jsonl"
            yield f"{where}: step {line['step']}: these are not the tokens that were trained on"
    for source in sorted(sources):
        if artifact.is_published(folder := opened.root / "tokens" / source):
            yield from artifact.verify(folder)


def _sequences(opened: OpenRun, line: Mapping[str, Any]) -> list[Sequence] | None:
    """Return the sequences of a step, or None where the ledger does not reach so far."""
    record = opened.ledger.at(line["position"] - 1)
    return list(opened.reader.sequences(line["position"] - record.batch, record.batch)) if record else None


def _orders(opened: OpenRun, lines: list[dict[str, Any]]) -> Iterator[str]:
    """Make every order that the steps are read by again, and yield those that the cache holds otherwise."""
    reader = opened.reader
    used = {key for line in lines for s in _sequences(opened, line) or () for key in _epochs(opened, s)}
    for rule, epoch in sorted(used, key=lambda key: (key[0].piece.name, key[1])):
        yield from reader.strings.problems_of_order(rule, epoch)


def _epochs(opened: OpenRun, sequence: Sequence) -> Iterator[tuple[Rule, int]]:
    """Yield the epoch of every order that a sequence and its last label come from, with its rule."""
    strings = opened.reader.strings
    begin = strings.absolute(sequence.slice, (sequence.epoch, sequence.offset))
    label = 0 if strings.is_packed(sequence.slice) else 1
    for section in strings.sections(sequence.slice, begin, begin + sequence.length + label):
        yield section.rule, section.epoch


def _metrics(opened: OpenRun) -> Iterator[dict[str, Any]]:
    """Yield the metrics of every step; the last line of a run under way may be half there."""
    with (opened.folder / "metrics.jsonl").open(encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)
