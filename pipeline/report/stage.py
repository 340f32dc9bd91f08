"""The report stage: one page for a whole recipe, made from the artifacts of all its other stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.recipe import Recipe
from pipeline.stage import Stage, Where

PAGE = "report.html"


@dataclass(frozen=True)
class ReportStage(Stage):
    """``report/report.html``."""

    recipe: Recipe
    parts: tuple[Stage, ...]
    """All other stages of the recipe."""
    kind = "report"
    verb = "report"
    extras = ("report",)

    @property
    def name(self) -> str:
        """``report``."""
        return "report"

    @property
    def settings(self) -> Mapping[str, Any]:
        """The recipe, which the page prints."""
        return {"recipe": self.recipe.model_dump(mode="json")}

    @property
    def stages(self) -> Sequence[Stage]:
        """Everything the page tells about."""
        return self.parts

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Write the page."""
        from pipeline.report.page import render  # drawing takes a second to import, and plans need none of it

        text = render(where.root, self.recipe, tuple(stage.name for stage in self.parts))
        (draft / PAGE).write_text(text, encoding="utf-8")
        return {"runs": len(self.recipe.runs), "sources": len(self.recipe.sources), "characters": len(text)}
