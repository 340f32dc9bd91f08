"""What remains of a run: of each slice's unique tokens, and of what the coming rounds will ask for.

The coming rounds are made by the run's own director, without writing them down; where a method looks at signals,
they are taken to stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline import artifact
from pipeline.planning.bounds_watch import CapWatch, FloorWatch
from pipeline.planning.epoch_ends import EpochEnd
from pipeline.planning.forecast import Forecast, forecast
from pipeline.planning.learning_rate import as_line, learning_rate
from pipeline.planning.supply import Piece
from pipeline.planning.text import unit_of
from pipeline.planning.warnings import warn_of_bounds, warn_of_epochs
from pipeline.stream.director import Director
from pipeline.stream.ledger import Record
from pipeline.stream.open_run import OpenRun, open_run
from pipeline.stream.segment import AMENDMENT, read_part
from pipeline.train.learning_rates import before_of


@dataclass(frozen=True)
class Remaining:
    """One slice of a run that is not finished, or of a finished one; everything in tokens, without padding."""

    slice: str
    unique: int
    read: int
    left: int
    """What remains of the epoch under way; all of it before the first token is read."""
    coming: int
    """What the rounds still to come will read, at the newest settings."""
    epochs: float | None
    """How often it has been read; None where it is empty."""
    epochs_at_end: float | None
    """How often it will have been read."""
    ends: tuple[EpochEnd, ...]
    """Where its next epochs end."""
    dropped: bool
    """Whether an amendment removed it; it would go on where it stands if it came back."""


@dataclass(frozen=True)
class Rest:
    """What remains of a run."""

    slices: tuple[Remaining, ...]
    coming: Forecast
    warnings: tuple[str, ...]


def remaining(opened: OpenRun) -> Rest:
    """Return a row for every slice that any segment has, by name, and what someone should know about the rest."""
    director, last, name = opened.director, opened.ledger.last(), opened.folder.with_suffix("").name
    pieces = {n: Piece(n, p.source, p.keys, p.tokens, None, "exact") for n, p in director.slices.items()}
    caps, floors = CapWatch(opened.run, pieces, director.strings), FloorWatch(director.groups, opened.run, pieces)
    coming = forecast(director, last, last.signals if last else {}, [caps, floors])
    sizes = {n: p.tokens for segment in opened.segments for n, p in sorted(segment.slices.items())}
    rows = tuple(_row(n, sizes[n], director, last, coming) for n in sorted(sizes))
    told = [
        *([f"{name}: cannot go on after {coming.stop.tokens:,} tokens: {coming.stop.reason}"] if coming.stop else []),
        *warn_of_epochs(name, {row.slice: row.epochs_at_end for row in rows if not row.dropped}),
        *warn_of_bounds(name, opened.run.phases, caps.reached.values(), floors.broken.values()),
    ]
    return Rest(rows, coming, tuple(told))


def _row(name: str, size: int, director: Director, last: Record | None, coming: Forecast) -> Remaining:
    strings = director.strings
    now, end = (record.cursors.get(name, (0, 0)) if record else (0, 0) for record in (last, coming.last))
    epochs, epochs_at_end = strings.epochs(name, now), strings.epochs(name, end)
    # An epoch holds every token of its documents once, whatever packing pads.
    read, final = round(epochs * size), round(epochs_at_end * size)
    return Remaining(
        slice=name,
        unique=size,
        read=read,
        left=(now[0] + 1) * size - read,
        coming=final - read,
        epochs=epochs if size else None,
        epochs_at_end=epochs_at_end if size else None,
        ends=tuple(coming.ends.get(name, ())),
        dropped=name not in director.slices,
    )


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
    last, rest = opened.ledger.last(), remaining(opened)
    rows = [
        {
            "slice": row.slice,
            "unique_tokens": row.unique,
            "read": row.read,
            "left_in_epoch": row.left,
            "epochs": row.epochs,
            "coming": row.coming,
            "epochs_at_end": row.epochs_at_end,
            "epoch_ends": [asdict(end) | {"phase": end.phase + 1} for end in row.ends],
            "removed": row.dropped,
        }
        for row in rest.slices
    ]
    return {
        "run": path.name,
        "tokens": last.end_tokens if last else 0,
        "total_tokens": opened.run.tokens,
        "step": last.end_step if last else 0,
        "slices": rows,
        "learning_rate": learning_rate(opened.run, before_of(opened)),
        "stop": asdict(rest.coming.stop) | {"phase": rest.coming.stop.phase + 1} if rest.coming.stop else None,
        "warnings": list(rest.warnings),
        "amendments": list(history(opened)),
    }


def as_text(path: Path) -> str:
    """Return the table for people, ending in a newline."""
    fields = as_fields(path)
    columns = ("unique", "read", "epochs", "left in epoch", "coming", "epochs at end", "next epoch at")
    lines = [
        f"run {fields['run']}: {fields['tokens']:,} of {fields['total_tokens']:,} tokens given out, "
        f"{fields['step']:,} steps; amounts in tokens, without padding",
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
            f"{row['epoch_ends'][0]['tokens']:,}" if row["epoch_ends"] else "-",
        ]
        note = "  (removed)" if row["removed"] else ""
        lines.append(f"  {row['slice']:<28}" + "".join(f"{cell:>15}" for cell in cells) + note)
    lines.append(as_line(fields["learning_rate"], *unit_of(fields["total_tokens"])))
    for entry in fields["amendments"]:
        begin = f"from step {entry['from_step']:,}" if entry["from_step"] else "from the next round"
        lines.append(f"  amendment {entry['amendment']}, {begin}: {entry['who']}, {entry['when']}: {entry['why']}")
        lines += [f"    {change}" for change in entry["changes"]]
    lines += [f"  warning: {text}" for text in fields["warnings"]]
    return "\n".join(lines) + "\n"


def _times(epochs: float | None) -> str:
    return "-" if epochs is None else f"{epochs:.2f}"
