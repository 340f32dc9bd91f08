"""A pair: a question and its worked answer, the document that all of synthesis is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    """A question and its worked answer."""

    question: str
    solution: str

    @property
    def text(self) -> str:
        """The document as it is trained on: question, newline, solution."""
        return f"{self.question}\n{self.solution}"
