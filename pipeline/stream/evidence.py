"""Evidence: what was measured on a slice holds for the documents it held then, not for whatever bears its name now.

A run's segments keep the slices as they were when its losses were measured; ``stream/<run>`` has them as they are.
Where the two differ, losses in the run's validations, ledger and evaluation are stale evidence about the slice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import artifact
from pipeline.stream.segment import SETTINGS, count_segments, read_part, segment_folder
from pipeline.stream.slice_table import SliceFile

if TYPE_CHECKING:
    from pipeline.recipe import Recipe


@dataclass(frozen=True)
class Content:
    """What a slice holds, as far as two of the same name can be told apart."""

    source: str
    identity: str
    held_out: str | None
    """None where the stream is too old to say."""
    documents: int
    tokens: int

    @classmethod
    def of(cls, piece: SliceFile) -> Content:
        """Return the content of an open slice."""
        return cls(piece.source, piece.identity, piece.held_out_identity, len(piece.documents), piece.tokens)

    def __str__(self) -> str:
        return f"{self.documents:,} documents of {self.tokens:,} tokens"


@dataclass(frozen=True)
class Stale:
    """Evidence about a slice that says nothing about what bears its name now."""

    slice: str
    run: str
    """Whose losses they are."""
    stream: str
    """Where the slice is another one now."""
    why: str

    def __str__(self) -> str:
        return f"{self.slice}: what run {self.run} measured on it is stale: in stream/{self.stream} {self.why}"


def contents_of(stream: Path) -> dict[str, Content]:
    """Return slice -> content of a stream, or of a segment, without opening the slices."""
    listed = json.loads((stream / "slices.json").read_text(encoding="utf-8"))
    return {
        e["name"]: Content(e["source"], e["identity"], e.get("held_out"), e["documents"], e["tokens"]) for e in listed
    }


def difference(before: Content, now: Content) -> str | None:
    """Say how the documents under one name have changed; None where they have not."""
    if before.identity != now.identity:
        return f"it holds other documents: {now}, and then {before}"
    if None not in (before.held_out, now.held_out) and before.held_out != now.held_out:
        return "it holds other validation documents"
    return None


def stale_evidence(root: Path, run: str, followers: Sequence[str] = ()) -> list[Stale]:
    """Return what a run measured on slices that are others now, in its own stream or in one of its followers'.

    Followers are runs that start from this one: who reads them looks at its losses too. A slice that a stream does
    not have is stale evidence only where its source is still read there, cut in another way.
    """
    measured = list(_segments(root / "runs" / run))
    found: dict[tuple[str, str], Stale] = {}
    for name in (run, *followers):
        stream = root / "stream" / name
        now = contents_of(stream) if artifact.is_published(stream) else {}
        for contents in measured:
            for piece, why in _differences(contents, now):
                found[piece, name] = Stale(piece, run, name, why)
    return [found[key] for key in sorted(found)]


def followers_in(root: Path, run: str) -> list[str]:
    """Return the runs below the root that start, directly or over others, from a run."""
    starts = {name: _start_of(root / "runs" / name) for name in _names(root)}
    return [name for name in sorted(starts) if run in _ancestors(name, starts)]


def warnings(recipe: Recipe, root: Path) -> list[str]:
    """Return a line for every piece of stale evidence that the runs of a recipe have left."""
    starts = {name: run.start.run if run.start.kind == "run" else None for name, run in recipe.runs.items()}
    lines = []
    for run in recipe.runs:
        followers = [name for name in recipe.runs if run in _ancestors(name, starts)]
        lines += [str(stale) for stale in stale_evidence(root, run, followers)]
    return lines


def _segments(path: Path) -> Iterator[dict[str, Content]]:
    """Yield the contents of each segment of a run, finished or not; nothing where it never began."""
    folder = path if artifact.is_published(path) else artifact.draft_of(path)
    for index in range(count_segments(folder)):
        yield contents_of(segment_folder(folder, index))


def _differences(measured: Mapping[str, Content], now: Mapping[str, Content]) -> Iterator[tuple[str, str]]:
    sources = {content.source for content in now.values()}
    for name, content in measured.items():
        if name not in now:
            if content.source in sources:
                yield name, f"there is no such slice; {content.source} is cut in another way"
        elif why := difference(content, now[name]):
            yield name, why


def _names(root: Path) -> set[str]:
    """Return the runs that have begun below a root."""
    return {path.name.removesuffix(".draft") for path in (root / "runs").glob("*") if count_segments(path)}


def _start_of(path: Path) -> str | None:
    folder = path if artifact.is_published(path) else artifact.draft_of(path)
    if not count_segments(folder):
        return None
    start = read_part(folder, 0, SETTINGS)["run"]["start"]
    return start["run"] if start["kind"] == "run" else None


def _ancestors(run: str, starts: Mapping[str, str | None]) -> set[str]:
    seen: set[str] = set()
    while (start := starts.get(run)) is not None and start not in seen:
        seen.add(start)
        run = start
    return seen
