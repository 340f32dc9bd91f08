"""Markup: turns away pages that are mostly scripts, style sheets or tags a reader of HTML left behind (C4's braces).

C4 drops a page for a single brace, and with it every page with a formula; here a line counts only if it is a line of
script, style or tags, and the profiles for code and mathematics switch the rule off.
"""

from __future__ import annotations

import re
from typing import Literal

from curricula.settings import Share
from pipeline.clean.filter import Filter, Page, Rejection
from pipeline.clean.profile import threshold

_SIGNS = ("{", "}", ";", "</", "/>", "<div", "<a ", "<li", "<td", "<span", "<script")
_LINE = re.compile(
    r"[{}]\s*$|[=(){}].{0,300};\s*$|^\s*[})\]]+[;,]?\s*$"
    r"|</?(?:div|span|script|style|link|meta|img|table|tbody|tr|td|th|ul|li|a|p|br|nav|input|form)\b[^<>]{0,300}>"
    r"|\bfunction\s*\w*\(|\b(?:var|let|const)\s+\w+\s*=|\b(?:window|document)\.\w+"
    r"|^\s*[.#@]?[\w-]+\s*\{|^\s*[a-z-]+\s*:\s*[^\s;][^;]{0,100};",
    re.IGNORECASE,
)


class Markup(Filter):
    """Turns away ``markup``."""

    kind: Literal["markup"] = "markup"
    maximum: Share | None = None
    """Greatest share of characters in lines of script, style or tags."""

    def reject(self, page: Page) -> Rejection | None:
        """Add up the characters of such lines, outside formulas and fenced code."""
        most = threshold(self, "maximum", page)
        if most is None or not any(sign in page.lowered for sign in _SIGNS):
            return None
        lines = page.prose_lines
        total = max(sum(map(len, lines)), 1)
        found = sum(len(line) for line in lines if _is_markup(line)) / total
        if found > most:
            return Rejection("markup", f"{found:.3f} of characters", f"at most {most}")
        return None


def _is_markup(line: str) -> bool:
    return any(sign in line for sign in _SIGNS) and bool(_LINE.search(line[:2000]))
