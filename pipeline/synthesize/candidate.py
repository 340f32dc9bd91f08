"""A candidate: a question and solution as a model wrote them, with the snippet that they were written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.label.taxonomy import Language

Family = Literal["problem", "facts", "short_answer"]
"""``problem``: an exercise with a worked solution, inspired by the snippet, with numbers of its own; ``facts``: what
the snippet says, asked for and restated; ``short_answer``: one such fact, in words few enough for small models."""
RESTATED: tuple[Family, ...] = ("facts", "short_answer")
"""Families that say what the snippet says and nothing else."""


@dataclass(frozen=True)
class Pair:
    """A question and its worked answer."""

    question: str
    solution: str

    @property
    def text(self) -> str:
        """The document as it is trained on: question, newline, solution."""
        return f"{self.question}\n{self.solution}"


@dataclass(frozen=True)
class Candidate:
    """What checks look at."""

    pair: Pair
    snippet: str
    language: Language
    """The language in which it was asked for."""
    family: Family
