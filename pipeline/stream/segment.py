"""A segment: the settings and slices that hold in a run from one round on, until an amendment brings the next.

A run's folder holds them as ``segments/0000``, ``0001`` and so on. Each is there whole or not at all, never changes,
and has links of its own to the slices, so that it can be read after the stream has been made anew.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixtures.base import Groups
from pipeline.artifact import write_durably
from pipeline.errors import UserError
from pipeline.recipe import Run
from pipeline.stream.director import Director
from pipeline.stream.slice_table import SliceFile, load_slices
from pipeline.stream.strings import Strings

SETTINGS, IDENTITY, AMENDMENT = "settings.json", "identity.json", "amendment.json"
"""What decides the order; the fingerprints behind it; who changed what, when and why (absent from segment 0)."""
_NAME = re.compile(r"\d{4,}")


@dataclass(frozen=True)
class Segment:
    """What decides a run's rounds between two amendments."""

    index: int
    run: Run
    groups: Groups
    seed: int
    validation_tokens: int
    slices: Mapping[str, SliceFile]

    def director(self, strings: Strings) -> Director:
        """Return what makes this segment's rounds; ``strings`` knows the segment."""
        return Director(self.run, self.groups, self.slices, strings, self.index)


def segment_folder(run_folder: Path, index: int) -> Path:
    """Return where a segment lies."""
    return run_folder / "segments" / f"{index:04d}"


def count_segments(run_folder: Path) -> int:
    """Return how many segments a run's folder holds; half-written ones do not count."""
    found = [int(path.name) for path in (run_folder / "segments").glob("*") if _NAME.fullmatch(path.name)]
    return max(found) + 1 if found else 0


def load_segment(run_folder: Path, index: int) -> Segment:
    """Open a segment; raise UserError where it is missing."""
    folder = segment_folder(run_folder, index)
    if not folder.is_dir():
        raise UserError(f"{folder}: missing; without it the rounds made by it cannot be read")
    settings = read_part(run_folder, index, SETTINGS)
    return Segment(
        index=index,
        run=Run.model_validate(settings["run"]),
        groups=settings["groups"],
        seed=settings["seed"],
        validation_tokens=settings["validation_tokens"],
        slices=load_slices(folder),
    )


def run_of(run_folder: Path, index: int) -> Run:
    """Return a segment's run, without opening its slices."""
    return Run.model_validate(read_part(run_folder, index, SETTINGS)["run"])


def read_part(run_folder: Path, index: int, name: str) -> dict[str, Any]:
    """Return the contents of one of a segment's JSON files."""
    path = segment_folder(run_folder, index) / name
    fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return fields


def write_segment(run_folder: Path, index: int, stream: Path, parts: Mapping[str, Mapping[str, Any]]) -> None:
    """Put a segment in place by one rename: links to the slices of a stream, and JSON files by name."""
    target = segment_folder(run_folder, index)
    draft = target.with_name(f".draft-{target.name}-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(stream / "slices", draft / "slices", copy_function=_link)
    _link(stream / "slices.json", draft / "slices.json")
    for name, fields in parts.items():
        text = json.dumps(fields, indent=1, sort_keys=True, ensure_ascii=False)
        write_durably(draft / name, f"{text}\n".encode())
    draft.rename(target)
    handle = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_drafts(run_folder: Path) -> None:
    """Remove what amendments that were killed left behind."""
    for path in (run_folder / "segments").glob(".draft-*"):
        shutil.rmtree(path)


def _link(source: str | Path, target: str | Path) -> None:
    """Link a file of an artifact, which nobody edits; copy it where the file system has no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        with Path(target).open("rb") as file:
            os.fsync(file.fileno())
