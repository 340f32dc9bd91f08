"""The journal: what a run writes down while it trains, cut back to the checkpoint that a resumed run goes on from.

``metrics.jsonl``, ``validation.jsonl``, ``skipped.jsonl`` and ``stability.jsonl`` hold what the recipe decides, the
same in every repetition; ``speed.jsonl`` holds what the machine did. Trackers are told the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from pipeline.stream.skipped import SKIPPED
from pipeline.train.metrics import MetricsFile
from pipeline.train.trackers import Tracker, flat

Kind = Literal["metrics", "validation", "skipped", "stability", "speed"]
DECIDED: tuple[Kind, ...] = ("metrics", "validation", "skipped", "stability")


class Journal:
    """The files of one run; on every rank but the first it writes nothing."""

    def __init__(self, folder: Path, *, writes: bool) -> None:
        self._writes = writes
        names: dict[Kind, str] = {kind: f"{kind}.jsonl" for kind in (*DECIDED, "speed")}
        self._files = {kind: MetricsFile(folder / name) for kind, name in {**names, "skipped": SKIPPED}.items()}
        self._trackers: tuple[Tracker, ...] = ()

    def track(self, trackers: Callable[[], tuple[Tracker, ...]]) -> None:
        """Tell trackers too from now on; they are opened on the first rank alone."""
        if self._writes:
            self._trackers = trackers()

    def write(self, kind: Kind, step: int, fields: Mapping[str, Any]) -> None:
        """Write a line; ``fields`` hold the ``position`` that the line is cut off by."""
        if not self._writes:
            return
        self._files[kind].append(**fields)
        self.tell(step, flat("train" if kind == "metrics" else kind, fields))

    def tell(self, step: int, numbers: Mapping[str, float]) -> None:
        """Tell the trackers alone."""
        for tracker in self._trackers:
            tracker.log(step, numbers)

    def sync(self) -> None:
        """Make everything that a checkpoint counts on survive a crash of the machine."""
        for kind in DECIDED:
            self._files[kind].sync()
        for tracker in self._trackers:
            tracker.flush()

    def cut(self, position: int, segment: int) -> None:
        """Drop everything written after a checkpoint."""
        if self._writes:
            for file in self._files.values():
                file.cut(position, segment)

    def close(self) -> None:
        """Close the trackers."""
        for tracker in self._trackers:
            tracker.close()
