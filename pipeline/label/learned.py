"""A learned signal: learned once, from documents of some sources, and then measured on every source.

What is learned is an artifact of its own, ``learned/<kind>/``, so all sources share it. Its identity covers the
sources it learned from, the labels and how it learned; the labels of a source go stale exactly when it does, or when
the source itself or a field in ``applied`` changes.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pipeline.label.signal import Measure, Place, Signal, Surroundings

if TYPE_CHECKING:
    from pipeline.progress import Progress


@dataclass(frozen=True)
class Lesson:
    """What is around a signal while it learns; nothing here but the corpora and the seed may change what it learns."""

    corpora: Mapping[str, Path]
    """Folders of the corpora it asked for, by source."""
    data: Path
    """Folder at which a recipe's relative paths start."""
    root: Path
    """Folder of the artifacts."""
    draft: Path
    """Folder of the artifact in the making; ``scratch/`` in it is not published, and outlives a kill."""
    seed: int
    progress: Progress


class Learned(Signal):
    """A signal with something to learn first."""

    applied: ClassVar[tuple[str, ...]] = ()
    """Fields that matter only when measuring: to change one of them does not mean to learn again."""

    @property
    def artifact(self) -> str:
        """Folder of what is learned."""
        return f"learned/{self.kind}"

    @property
    def identity(self) -> Mapping[str, Any]:
        """What measuring depends on besides what was learned."""
        return self.model_dump(mode="json", include={"kind", *self.applied})

    @property
    def lesson(self) -> Mapping[str, Any]:
        """What learning depends on besides corpora and files."""
        return self.model_dump(mode="json", exclude=set(self.applied))

    def needs(self, source: str) -> Sequence[str]:
        """Return the name of what was learned."""
        return (self.artifact,)

    @abstractmethod
    def learns_from(self) -> Mapping[Place, str]:
        """Return the sources whose corpora it learns from, by the places at which the recipe names them."""

    def lesson_files(self, data: Path, cache: Path | None) -> Mapping[str, str]:
        """Return name -> fingerprint of the files it learns from; raise UserError where one is missing."""
        return {}

    @abstractmethod
    def learn(self, lesson: Lesson) -> Mapping[str, Any]:
        """Fill the draft; return the counts and scores for the manifest."""

    @abstractmethod
    def load(self, folder: Path, data: Path) -> Measure:
        """Load what was learned from its folder; paths in the settings start at ``data``."""

    def open(self, around: Surroundings) -> Measure:
        """Load what was learned, once a process."""
        return self.load(around.root / self.artifact, around.data)
