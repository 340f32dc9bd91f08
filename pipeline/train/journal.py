"""The journal: what a run writes down while it trains, cut back to the checkpoint that a resumed run goes on from.

``metrics.jsonl`` and ``validation.jsonl`` hold what the recipe decides, the same in every repetition;
``speed.jsonl`` holds what the machine did.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.train.metrics import MetricsFile


@dataclass(frozen=True)
class Journal:
    """The files of one run; on every rank but the first it writes nothing."""

    folder: Path
    writes: bool

    @property
    def _metrics(self) -> MetricsFile:
        return MetricsFile(self.folder / "metrics.jsonl")

    @property
    def _validation(self) -> MetricsFile:
        return MetricsFile(self.folder / "validation.jsonl")

    @property
    def _speed(self) -> MetricsFile:
        return MetricsFile(self.folder / "speed.jsonl")

    def step(self, **fields: Any) -> None:
        """Write what a step came to."""
        if self.writes:
            self._metrics.append(**fields)

    def speed(self, **fields: Any) -> None:
        """Write what a step cost."""
        if self.writes:
            self._speed.append(**fields)

    def validation(self, **fields: Any) -> None:
        """Write a validation."""
        if self.writes:
            self._validation.append(**fields)

    def sync(self) -> None:
        """Make everything that a checkpoint counts on survive a crash of the machine."""
        for file in (self._metrics, self._validation):
            file.sync()

    def cut(self, position: int, segment: int) -> None:
        """Drop everything written after a checkpoint."""
        if self.writes:
            for file in (self._metrics, self._validation, self._speed):
                file.cut(position, segment)
