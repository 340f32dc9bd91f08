"""Metrics: JSON lines beside the checkpoints, cut back to a checkpoint's position when a run resumes from it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.artifact import canonical


class MetricsFile:
    """An append-only file of JSON objects that each carry a ``position``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, **fields: Any) -> None:
        """Write one line."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(canonical(fields) + "\n")

    def sync(self) -> None:
        """Make everything written so far survive a crash of the machine."""
        if self.path.exists():
            with self.path.open("ab") as file:
                os.fsync(file.fileno())

    def cut(self, position: int, segment: int) -> None:
        """Drop every line beyond a position or of a later segment, and a last line that a crash cut short."""
        lines = self._lines()
        kept = [line for line in lines if line["position"] <= position and line.get("segment", segment) <= segment]
        draft = self.path.with_name(self.path.name + ".tmp")
        draft.write_text("".join(canonical(line) + "\n" for line in kept), encoding="utf-8")
        draft.replace(self.path)

    def last(self) -> Mapping[str, Any] | None:
        """Return the last line, or None."""
        lines = self._lines()
        return lines[-1] if lines else None

    def _lines(self) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        text = self.path.read_text(encoding="utf-8")
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
