"""A synthesizer: one way of making documents that are worth training on.

This first form covers synthesizers that need no model: they make documents by program, right by construction.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from curricula.settings import Settings


@dataclass(frozen=True)
class Synthesized:
    """A question with its worked answer."""

    question: str
    answer: str
    made_by: str
    """Synthesizer kind and template, such as ``arithmetic/linear_equation``."""

    @property
    def text(self) -> str:
        """The document as it is trained on: question, newline, answer."""
        return f"{self.question}\n{self.answer}"


class Synthesizer(Settings, ABC):
    """Settings with one verb."""

    kind: str

    @property
    def files(self) -> tuple[str, ...]:
        """The files that the documents are made from, part of what identifies them; most synthesizers need none."""
        return ()

    def at(self, folder: Path) -> Self:
        """Return the synthesizer with relative paths of its files starting at a folder."""
        return self

    @abstractmethod
    def documents(self, seed: int) -> Iterator[Synthesized]:
        """Yield documents without end, the same ones for the same seed; every answer has been verified."""
