"""Code induction: Python functions from their inputs and outputs, or outputs from the function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from synth.levelled import Levelled, LevelledTemplate


class CodeInduction(Levelled):
    """Chains of real library functions, which are run; the level is how many are chained."""

    kind: Literal["code_induction"] = "code_induction"

    def templates(self) -> Mapping[str, LevelledTemplate]:
        """Return name -> template."""
        # Imported when documents are made: commands that only read a recipe shall start at once.
        from synth.program_problems import TEMPLATES

        return {**TEMPLATES}
