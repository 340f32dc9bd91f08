"""What remains of a run: of each slice's unique tokens, and of what the coming rounds will ask for.

The coming rounds are made by the run's own director, without writing them down; where a method looks at signals,
they are taken to stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import artifact
from pipeline.stream.ledger import Record
from pipeline.stream.open_run import OpenRun, open_run
from pipeline.stream.segment import AMENDMENT, read_part


@dataclass(frozen=True)
class Remaining:
    """One slice of a run that is not finished, or of a finished one; everything in tokens."""

    slice: str
    unique: int
    read: int
    coming: int
    """What the rounds still to come will read, at the newest settings."""
    dropped: bool
    """Whether an amendment removed it; it would go on where it stands if it came back."""

    @property
    def epochs(self) -> float | None:
        """How often it has been read."""
        return self.read / self.unique if self.unique else None

    @property
    def left(self) -> int:
        """What remains of the epoch under way; all of it before the first token is read."""
        return self.unique - self.read % self.unique if self.unique else 0

    @property
    def epochs_at_end(self) -> float | None:
        """How often it will have been read."""
        return (self.read + self.coming) / self.unique if self.unique else None


def remaining(opened: OpenRun) -> list[Remaining]:
    """Return a row for every slice that any segment has, by name."""
    last = opened.ledger.last()
    end = _end(opened, last)
    rows = []
    for name, piece in sorted({n: p for segment in opened.segments for n, p in segment.slices.items()}.items()):
        read, final = (_read(record, name, piece.tokens) for record in (last, end))
        rows.append(Remaining(name, piece.tokens, read, final - read, name not in opened.segments[-1].slices))
    return rows


def _end(opened: OpenRun, record: Record | None) -> Record | None:
    """Return the record that the run will end with."""
    signals = record.signals if record else {}
    while (following := opened.director.next(record, signals)) is not None:
        record = following
    return record


def _read(record: Record | None, name: str, size: int) -> int:
    epoch, offset = record.cursors.get(name, (0, 0)) if record else (0, 0)
    return epoch * size + offset


def history(opened: OpenRun) -> Iterator[dict[str, Any]]:
    """Yield who changed what, when, why and from which step on (None while no round has been made by it)."""
    for segment in opened.segments[1:]:
        amendment = read_part(opened.folder, segment.index, AMENDMENT)
        first = opened.ledger.first_of(segment.index)
        kept = {key: amendment[key] for key in ("who", "when", "why", "changes")}
        yield {"amendment": segment.index, "from_step": first.step + 1 if first else None, **kept}


def is_under_way(path: Path) -> bool:
    """Tell whether the run has begun and is not finished."""
    return (artifact.draft_of(path) / "ledger.jsonl").is_file() and not artifact.is_published(path)


def as_fields(path: Path) -> dict[str, Any]:
    """Return everything for a program to read."""
    opened = open_run(path)
    last = opened.ledger.last()
    rows = [
        {
            "slice": row.slice,
            "unique_tokens": row.unique,
            "read": row.read,
            "left_in_epoch": row.left,
            "epochs": row.epochs,
            "coming": row.coming,
            "epochs_at_end": row.epochs_at_end,
            "removed": row.dropped,
        }
        for row in remaining(opened)
    ]
    return {
        "run": path.name,
        "tokens": last.end_tokens if last else 0,
        "total_tokens": opened.run.tokens,
        "step": last.end_step if last else 0,
        "slices": rows,
        "amendments": list(history(opened)),
    }


def as_text(path: Path) -> str:
    """Return the table for people, ending in a newline."""
    fields = as_fields(path)
    columns = ("unique", "read", "epochs", "left in epoch", "coming", "epochs at end")
    lines = [
        f"run {fields['run']}: {fields['tokens']:,} of {fields['total_tokens']:,} tokens given out, "
        f"{fields['step']:,} steps; amounts in tokens",
        f"  {'slice':<28}" + "".join(f"{column:>15}" for column in columns),
    ]
    for row in fields["slices"]:
        cells = [
            f"{row['unique_tokens']:,}",
            f"{row['read']:,}",
            _times(row["epochs"]),
            f"{row['left_in_epoch']:,}",
            f"{row['coming']:,}",
            _times(row["epochs_at_end"]),
        ]
        note = "  (removed)" if row["removed"] else ""
        lines.append(f"  {row['slice']:<28}" + "".join(f"{cell:>15}" for cell in cells) + note)
    for entry in fields["amendments"]:
        begin = f"from step {entry['from_step']:,}" if entry["from_step"] else "from the next round"
        lines.append(f"  amendment {entry['amendment']}, {begin}: {entry['who']}, {entry['when']}: {entry['why']}")
        lines += [f"    {change}" for change in entry["changes"]]
    return "\n".join(lines) + "\n"


def _times(epochs: float | None) -> str:
    return "-" if epochs is None else f"{epochs:.2f}"
