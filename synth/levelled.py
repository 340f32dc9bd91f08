"""Levelled problems: synthesizers whose documents are made by templates, in languages and levels of difficulty.

Document ``index`` depends on the seed, the kind and the index alone, so any of them can be made again by itself.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Literal

from pydantic import Field

from synth.problem import Draw, Problem, UnclearError, verified
from synth.synthesizer import Synthesized, Synthesizer

Level = Literal[1, 2, 3]
LevelledTemplate = Callable[[Draw, str, int], Problem]
"""Makes a problem in a language, ``en`` or ``zh``, of a level from 1 (one step) to 3 (several)."""
MOST_REPEATS = 20_000
"""Draws without a new document after which a synthesizer counts as exhausted."""


class Levelled(Synthesizer):
    """Problems with worked solutions, in equal parts of templates, languages and levels."""

    languages: tuple[Literal["en", "zh"], ...] = Field(default=("en", "zh"), min_length=1)
    """Languages to write in, in equal parts."""
    levels: tuple[Level, ...] = Field(default=(1, 2, 3), min_length=1)
    """Levels of difficulty, from 1 (one step) to 3 (several), in equal parts."""

    @abstractmethod
    def templates(self) -> Mapping[str, LevelledTemplate]:
        """Return name -> template."""

    def document(self, seed: int, index: int) -> Synthesized:
        """Return one document; raise ValueError if the two ways to its answer differ, a mistake in the template."""
        draw, templates = Draw.named(seed, type(self).__name__, index), self.templates()
        name = draw.one_of(sorted(templates))
        language, level = draw.one_of(self.languages), draw.one_of(self.levels)
        problem = verified(name, _clear(templates[name], draw, language, level))
        return Synthesized(problem.question, problem.solution, f"{self.kind}/{name}/{level}/{language}", index)

    def documents(self, seed: int) -> Iterator[Synthesized]:
        """Yield documents, no two with the same question, until the templates have nothing new."""
        return distinct(self.document(seed, index) for index in count())


def _clear(template: LevelledTemplate, draw: Draw, language: str, level: int) -> Problem:
    """Draw again until the answer is clear."""
    while True:
        try:
            return template(draw, language, level)
        except UnclearError:
            continue


def distinct(documents: Iterator[Synthesized]) -> Iterator[Synthesized]:
    """Leave out documents whose question has been asked; end after ``MOST_REPEATS`` of them in a row."""
    seen: set[bytes] = set()
    repeats = 0
    for document in documents:
        digest = hashlib.blake2b(" ".join(document.question.split()).encode(), digest_size=12).digest()
        repeats = repeats + 1 if digest in seen else 0
        if repeats >= MOST_REPEATS:
            return
        if digest not in seen:
            seen.add(digest)
            yield document
