"""A work: what a stage does to every piece of a corpus, each by itself; the file it leaves says that one is done."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pipeline.pieces.piece import Piece

Do = Callable[[Piece], None]


@dataclass(frozen=True)
class Work(ABC):
    """Settings that travel to processes and clusters; what is heavy is loaded there, by `open`."""

    ending: ClassVar[str]
    """Of the file that is there, whole, once a piece is done."""

    folder: Path
    """Where what is made of the pieces is kept meanwhile."""

    @property
    def uses_all_cores(self) -> bool:
        """Whether it spreads over the cores (or a GPU) by itself; if not, processes work side by side.

        If it does, it is opened once, and called from two threads.
        """
        return False

    @abstractmethod
    def open(self, cores: int) -> Do:
        """Load what the work needs, once a process, and return what does it, with so many cores to use."""

    def result(self, piece: Piece) -> Path:
        """Return the file that says that a piece is done."""
        return self.folder / f"{piece.name}{self.ending}"
