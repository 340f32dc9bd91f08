"""Boilerplate: turns away pages that are mostly what a site says about itself (`pipeline.clean.site_phrases`)."""

from __future__ import annotations

from typing import Literal

from curricula.settings import Share
from pipeline.clean.filter import Filter, Page, Rejection
from pipeline.clean.profile import threshold
from pipeline.clean.site_phrases import is_boilerplate, mentions


class Boilerplate(Filter):
    """Turns away ``boilerplate``."""

    kind: Literal["boilerplate"] = "boilerplate"
    maximum: Share | None = None
    """Greatest share of characters in boilerplate lines."""

    def reject(self, page: Page) -> Rejection | None:
        """Add up the characters of lines that are filler or that hold a phrase."""
        most = threshold(self, "maximum", page)
        if most is None or not mentions(page.lowered):
            return None
        found = sum(len(line) for line in page.lines if is_boilerplate(line)) / max(sum(map(len, page.lines)), 1)
        if found > most:
            return Rejection("boilerplate", f"{found:.3f} of characters", f"at most {most}")
        return None
