"""Checking a run: the ledger's chain, every round re-derived, and the tokens of steps read again and compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from pipeline.stream.ledger import Record
from pipeline.stream.open_run import OpenRun
from pipeline.stream.reader import digest


def problems(opened: OpenRun, samples: int) -> Iterator[str]:
    """Yield everything that does not hold. ``samples`` steps are read again, spread over the run; 0 reads all."""
    yield from opened.ledger.problems()
    yield from _rounds(opened)
    yield from _steps(opened, samples)


def _rounds(opened: OpenRun) -> Iterator[str]:
    last: Record | None = None
    for record in opened.ledger:
        expected = opened.director.next(last, record.signals)
        plain = replace(record, previous="", hash="")
        if expected != plain:
            different = [
                name
                for name in plain.__dataclass_fields__
                if expected is None or getattr(expected, name) != getattr(plain, name)
            ]
            yield f"{opened.ledger.path}: round {record.round}: does not follow from the recipe: {', '.join(different)}"
        last = record


def _steps(opened: OpenRun, samples: int) -> Iterator[str]:
    lines = [json.loads(line) for line in (opened.folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    every = max(1, len(lines) // samples) if samples else 1
    for line in lines[::every]:
        record = opened.ledger.at(line["position"] - 1)
        if record is None:
            yield f"{opened.ledger.path}: holds no round for step {line['step']}, which was trained"
            continue
        begin = line["position"] - record.batch
        rows = [(s.position, opened.reader.read(s)) for s in opened.reader.sequences(begin, record.batch)]
        if sum(digest(position, row) for position, row in rows) % 2**63 != line["digest"]:
            where = opened.folder / "metrics.jsonl"
            yield f"{where}: step {line['step']}: these are not the tokens that were trained on"
