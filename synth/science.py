"""Science: physics and chemistry with measured values, units and significant figures, made by program.

Solutions compute in plain numbers; every result is checked by another formula with quantities whose units are algebra.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from synth.levelled import Levelled, LevelledTemplate


class Science(Levelled):
    """Problems whose values have three significant figures, as their results do."""

    kind: Literal["science"] = "science"

    def templates(self) -> Mapping[str, LevelledTemplate]:
        """Return name -> template."""
        # Imported when documents are made: commands that only read a recipe shall start at once.
        from synth import chemistry_problems, matter_problems, physics_problems

        return {**physics_problems.TEMPLATES, **matter_problems.TEMPLATES, **chemistry_problems.TEMPLATES}
