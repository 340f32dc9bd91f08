"""Length: keeps documents that are neither scraps nor dumps, counted in words or Chinese characters."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.clean.filter import Filter, Page, Rejection
from pipeline.clean.profile import threshold
from pipeline.clean.units import units


class Length(Filter):
    """Turns away ``too_short`` and ``too_long``."""

    kind: Literal["length"] = "length"
    minimum: int | None = Field(default=None, ge=1)
    """Least number of units (words, or Chinese characters)."""
    maximum: int | None = Field(default=None, ge=1)
    """Greatest number of units."""

    def reject(self, page: Page) -> Rejection | None:
        """Count the page's units."""
        minimum, maximum = threshold(self, "minimum", page), threshold(self, "maximum", page)
        found = len(units(page.text))
        if minimum is not None and found < minimum:
            return Rejection("too_short", f"{found} units", f"at least {minimum}")
        if maximum is not None and found > maximum:
            return Rejection("too_long", f"{found} units", f"at most {maximum}")
        return None
