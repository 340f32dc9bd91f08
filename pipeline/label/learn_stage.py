"""Learning: what a learned signal needs for measuring, made once for all sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.clean.stage import CleanStage
from pipeline.label.learned import Learned, Lesson
from pipeline.stage import Stage, Where


@dataclass(frozen=True)
class LearnStage(Stage):
    """Makes ``learned/<signal>``."""

    kind = "learned"
    verb = "label"
    extras = ("data",)
    format = 2

    signal: Learned
    corpora: Mapping[str, CleanStage] = field(hash=False)
    """The recipe's corpora, by source."""
    seed: int
    data: Path
    """Folder at which relative paths start; no part of the identity."""
    cache: Path | None = field(default=None, compare=False)
    """Folder that remembers hashes of files by size and time; None hashes them every time."""

    @property
    def name(self) -> str:
        """The artifact's folder."""
        return self.signal.artifact

    @property
    def settings(self) -> Mapping[str, Any]:
        """What learning depends on, and the seed."""
        return {**self.signal.lesson, "seed": self.seed}

    @property
    def stages(self) -> Sequence[Stage]:
        """The corpora it learns from."""
        return tuple(self._read().values())

    def files(self) -> Mapping[str, str]:
        """Return the fingerprints of labels, taxonomies and the like."""
        return self.signal.lesson_files(self.data, self.cache)

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Learn."""
        corpora = {name: stage.folder(where.root) for name, stage in self._read().items()}
        return self.signal.learn(Lesson(corpora, self.data, where.root, draft, self.seed, where.progress))

    def _read(self) -> dict[str, CleanStage]:
        return {name: self.corpora[name] for name in dict.fromkeys(self.signal.learns_from().values())}
