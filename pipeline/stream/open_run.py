"""Opens what a run read: its segments, ledger and reader, whether the run is finished, stopped or under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mixtures.base import Groups
from pipeline import artifact
from pipeline.errors import UserError
from pipeline.recipe import Run
from pipeline.stream.director import Director
from pipeline.stream.ledger import Cursor, Ledger, Record
from pipeline.stream.reader import Reader
from pipeline.stream.segment import Segment, count_segments, load_segment, segment_folder
from pipeline.stream.slice_table import SliceFile
from pipeline.stream.strings import Strings


@dataclass(frozen=True)
class OpenRun:
    """A run's order."""

    folder: Path
    """Published folder, or the draft of a run that is not finished."""
    root: Path
    ledger: Ledger
    reader: Reader
    segments: tuple[Segment, ...]
    """All of them; the last ones may have no rounds yet."""

    @property
    def run(self) -> Run:
        """The newest settings."""
        return self.segments[-1].run

    @property
    def director(self) -> Director:
        """What makes the next round."""
        return director_of(self.segments, self.ledger, self.root)


def open_run(path: Path) -> OpenRun:
    """Open ``ROOT/runs/<run>``; raise UserError if no such run was started."""
    folder = run_folder(path)
    root = path.resolve().parents[1]
    ledger = Ledger(folder / "ledger.jsonl")
    segments = tuple(load_segment(folder, index) for index in range(count_segments(folder)))
    return OpenRun(folder, root, ledger, open_reader(root, folder, ledger), segments)


def run_folder(path: Path) -> Path:
    """Return the folder that holds ``ROOT/runs/<run>``: published, or its draft; raise UserError if there is none."""
    folder = path if artifact.is_published(path) else artifact.draft_of(path)
    if not count_segments(folder):
        raise UserError(f"{path}: no run here; name a folder such as work/demo/runs/cpt")
    return folder


def open_reader(root: Path, folder: Path, ledger: Ledger) -> Reader:
    """Return a reader that knows every segment of which the ledger holds a round."""
    first = load_segment(folder, 0)
    reader = Reader(root, segment_folder(folder, 0), ledger, first.run, first.seed)
    for index in range(1, count_segments(folder)):
        if (record := ledger.first_of(index)) is not None:
            reader.amend(load_segment(folder, index), cursors_after(ledger.at(record.position - 1)))
    return reader


def cursors_after(record: Record | None) -> Mapping[str, Cursor]:
    """Return where every slice stands after a round, before the first one where it is None."""
    return record.cursors if record else {}


def director_from_start(root: Path, run: Run, groups: Groups, slices: Mapping[str, SliceFile], seed: int) -> Director:
    """Return what makes the rounds of a run that nobody amends; ``root`` holds the cache of orders."""
    strings = Strings(root / "cache", seed)
    strings.add(run, slices, {})
    return Director(run, groups, slices, strings)


def director_of(segments: Sequence[Segment], ledger: Ledger, root: Path) -> Director:
    """Return what makes the round after the ledger's last one, by the newest of these segments."""
    strings = Strings(root / "cache", segments[0].seed)
    for segment in segments:
        first = ledger.first_of(segment.index)
        if first is None and segment is not segments[-1]:
            # Amended again before it made a round: training never enters it.
            continue
        before = ledger.last() if first is None else ledger.at(first.position - 1)
        strings.add(segment.run, segment.slices, cursors_after(before))
    return segments[-1].director(strings)
