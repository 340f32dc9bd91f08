"""Opens what a run read: its segments, ledger and reader, whether the run is finished, stopped or under way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline import artifact
from pipeline.errors import UserError
from pipeline.recipe import Run
from pipeline.stream.director import Director
from pipeline.stream.ledger import Ledger
from pipeline.stream.reader import Reader
from pipeline.stream.segment import Segment, count_segments, load_segment, segment_folder


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
        return self.segments[-1].director


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
            reader.amend(load_segment(folder, index), record)
    return reader
