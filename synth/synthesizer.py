"""A synthesizer: one way of making documents that are worth training on.

This first form covers synthesizers that need no model: they make documents by program, right by construction.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from curricula.settings import Settings


@dataclass(frozen=True)
class Synthesized:
    """A question with its worked answer."""

    question: str
    answer: str
    made_by: str
    """Synthesizer kind and template, such as ``arithmetic/linear_equation``."""
    index: int
    """Its place in what the synthesizer makes with a seed: the three name it for good."""
    line: int | None = None
    """Line of the synthesizer's file that it was made from."""

    @property
    def text(self) -> str:
        """The document as it is trained on: question, newline, answer."""
        return f"{self.question}\n{self.answer}"


class Synthesizer(Settings, ABC):
    """Settings with one verb."""

    kind: str
    format: ClassVar[int] = 1
    """Raised with every change that gives the same seed other documents; a test holds the first ones of each format."""

    @property
    def extras(self) -> tuple[str, ...]:
        """Optional parts of the installation that making them needs; most synthesizers need none."""
        return ()

    @property
    def files(self) -> tuple[str, ...]:
        """The files that the documents are made from, part of what identifies them; most synthesizers need none."""
        return ()

    def at(self, folder: Path) -> Self:
        """Return the synthesizer with relative paths of its files starting at a folder."""
        return self

    def origin(self, document: Synthesized, seed: int) -> str:
        """Return what made one of this seed's documents, such as ``science/lens/2/en@1 seed 7 index 30``."""
        return f"{document.made_by}@{self.format} seed {seed} index {document.index}"

    def parents(self, document: Synthesized) -> tuple[str, ...]:
        """Return what a document was made from: lines of the synthesizer's files, as the recipe names these."""
        return () if document.line is None else tuple(f"{file}:{document.line}" for file in self.files)

    @abstractmethod
    def documents(self, seed: int) -> Iterator[Synthesized]:
        """Yield documents without end, the same ones for the same seed; every answer has been verified."""
