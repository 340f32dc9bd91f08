"""Length: keeps documents that are neither scraps nor dumps, in words or Chinese characters, and in sentences."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from pipeline.clean.filter import Filter, Page, Rejection
from pipeline.clean.profile import threshold

_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]{0,3}(?=\s|$)|[。！？]+[”’」』）]{0,3}")


class Length(Filter):
    """Turns away ``too_short``, ``too_long`` and ``few_sentences``."""

    kind: Literal["length"] = "length"
    minimum: int | None = Field(default=None, ge=1)
    """Least number of units (words, or Chinese characters)."""
    maximum: int | None = Field(default=None, ge=1)
    """Greatest number of units."""
    sentences: int | None = Field(default=None, ge=1)
    """Least number of sentences, counted by their ends."""

    def reject(self, page: Page) -> Rejection | None:
        """Count the page's units, then its sentences."""
        minimum, maximum = threshold(self, "minimum", page), threshold(self, "maximum", page)
        found = len(page.units)
        if minimum is not None and found < minimum:
            return Rejection("too_short", f"{found} units", f"at least {minimum}")
        if maximum is not None and found > maximum:
            return Rejection("too_long", f"{found} units", f"at most {maximum}")
        least = threshold(self, "sentences", page)
        if least is not None and (found := len(_SENTENCE_END.findall(page.head))) < least:
            return Rejection("few_sentences", f"{found} ends of sentences", f"at least {least}")
        return None
