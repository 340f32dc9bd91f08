"""Arithmetic: questions with worked answers made by program, in English and Chinese.

Every answer is computed twice, by the steps that the solution shows and by another way in exact fractions; a
template whose two ways differ is a mistake in this code and raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from synth import algebra_problems, number_problems, science_problems
from synth.problem import Draw, Template, verified
from synth.synthesizer import Synthesized, Synthesizer

TEMPLATES: dict[str, Template] = {
    **number_problems.TEMPLATES,
    **algebra_problems.TEMPLATES,
    **science_problems.TEMPLATES,
}
MOST_REPEATS = 100_000
"""Draws without a new document after which the templates count as exhausted."""


class Arithmetic(Synthesizer):
    """Problems of arithmetic, algebra and physics, each with its solution as prose."""

    kind: Literal["arithmetic"] = "arithmetic"
    languages: tuple[Literal["en", "zh"], ...] = Field(default=("en", "zh"), min_length=1)
    """Languages to write in, in equal parts."""

    def documents(self, seed: int) -> Iterator[Synthesized]:
        """Yield documents, no two with the same question, until the templates have nothing new."""
        draw, names = Draw(seed), sorted(TEMPLATES)
        seen: set[str] = set()
        repeats = 0
        while repeats < MOST_REPEATS:
            name, language = draw.one_of(names), draw.one_of(self.languages)
            problem = verified(name, TEMPLATES[name](draw, language))
            if problem.question in seen:
                repeats += 1
                continue
            seen.add(problem.question)
            repeats = 0
            yield Synthesized(problem.question, problem.solution, f"{self.kind}/{name}/{language}", len(seen) - 1)
