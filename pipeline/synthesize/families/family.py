"""A family: one thing that a model is asked to make of a snippet, and how its answer becomes questions and solutions.

Its wording lies in ``synth/prompts/<name>-en.txt`` and ``-zh.txt``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.clean.filter import Rejection
from pipeline.label.taxonomy import Language
from pipeline.synthesize.pair import Pair
from pipeline.synthesize.parsing import parse

Aim = Literal["exercise", "restatement", "code", "induction"]
"""What checks may expect of a document. ``exercise``: inspired by the snippet, worked out with numbers of its own;
``restatement``: what the snippet says, and nothing else; ``code``: a program with tests; ``induction``: the snippet's
own function, found from what it gives."""


@dataclass(frozen=True)
class Family:
    """A family whose answers are marked sections of question and solution."""

    name: str
    """Names its prompts."""
    aim: Aim

    def pairs(self, answer: str, snippet: str, language: Language) -> list[Pair] | Rejection:
        """Return the pairs of an answer, at least one, none with an empty part; else why there are none."""
        return parse(answer)

    def unable(self) -> str | None:
        """Return why answers cannot become documents on this machine, or None."""
        return None
