"""Mathematics: equations, calculus, congruences, counting and probability, with worked solutions made by program.

Needs sympy, which differentiates and integrates independently of the rules that the solutions show.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from synth.levelled import Levelled, LevelledTemplate


class Mathematics(Levelled):
    """Problems of school and first-year mathematics, exact throughout."""

    kind: Literal["mathematics"] = "mathematics"

    @property
    def extras(self) -> tuple[str, ...]:
        """The library of symbolic mathematics."""
        return ("synth",)

    def templates(self) -> Mapping[str, LevelledTemplate]:
        """Return name -> template."""
        # Imported when documents are made: commands that only read a recipe shall start at once.
        from synth import calculus_problems, chance_problems, discrete_problems, equation_problems, system_problems

        return {
            **equation_problems.TEMPLATES,
            **system_problems.TEMPLATES,
            **calculus_problems.TEMPLATES,
            **discrete_problems.TEMPLATES,
            **chance_problems.TEMPLATES,
        }
