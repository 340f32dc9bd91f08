"""Site lines: takes out lines in which a site speaks of itself, and keeps the article around them (C4, YuLan-GARDEN).

C4's other line rule, which drops every line without an ASCII full stop, is not here: it takes headings, formulas, code
and all of Chinese with it. Sentences that only mention a phrase stay as well.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from pipeline.clean.profile import setting
from pipeline.clean.repair import Repair, Repaired
from pipeline.clean.site_phrases import is_boilerplate, is_sentence, mentions


class SiteLines(Repair):
    """Counts ``site_lines``, once a line that was taken out."""

    spares_code: ClassVar[bool] = True
    kind: Literal["site_lines"] = "site_lines"
    longest: int | None = Field(default=None, ge=0)
    """A line of more characters stays; 0 takes out nothing."""

    def repair(self, text: str, profile: str) -> Repaired:
        """Drop the lines, unless nothing else would be left: then a filter shall say why the page goes."""
        longest = setting(self, "longest", profile)
        if not longest or not mentions(text.lower()):
            return Repaired(text, {})
        lines = text.split("\n")
        stays: list[str] = []
        taken: list[str] = []
        for line in lines:
            of_the_site = len(line) <= longest and is_boilerplate(line, longest) and not is_sentence(line)
            (taken if of_the_site else stays).append(line)
        if not taken or not any(map(str.strip, stays)):
            return Repaired(text, {})
        return Repaired("\n".join(stays), {"site_lines": len(taken)}, tuple(taken))
