"""Science: physics and chemistry with measured values, units and significant figures, made by program.

Solutions compute in plain numbers; every result is checked by another formula with quantities whose units are algebra.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from synth import chemistry_problems, physics_problems
from synth.levelled import Levelled, LevelledTemplate

TEMPLATES: dict[str, LevelledTemplate] = {**physics_problems.TEMPLATES, **chemistry_problems.TEMPLATES}


class Science(Levelled):
    """Problems whose values have three significant figures, as their results do."""

    kind: Literal["science"] = "science"

    def templates(self) -> Mapping[str, LevelledTemplate]:
        """Return name -> template."""
        return TEMPLATES
