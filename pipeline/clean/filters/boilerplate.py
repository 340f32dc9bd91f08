"""Boilerplate: turns away pages that are mostly what a site says about itself (C4; YuLan-GARDEN's list of lines).

A phrase counts only in a short line: an article about cookies is not a cookie banner.
"""

from __future__ import annotations

import re
from typing import Literal

from curricula.settings import Share
from pipeline.clean.filter import Filter, Page, Rejection
from pipeline.clean.profile import threshold

LONGEST_LINE = 240
"""Characters; a longer line is prose that mentions the phrase."""
_TRIGGERS = (
    "cookie",
    "javascript",
    "privacy",
    "terms of",
    "rights reserved",
    "click here",
    "more about",
    "newsletter",
    "subscribe",
    "copyright",
    "page not found",
    "lorem ipsum",
    "版权",
    "授权",
    "备案",
    "icp",
    "点击",
    "隐私",
    "条款",
    "阅读更多",
    "扫一扫",
    "编辑",
)
"""Lower-case parts of the phrases, one of which every phrase holds: most pages hold none, and plain search is quick."""
_FILLER = re.compile(r"lorem ipsum dolor sit amet", re.IGNORECASE)
_PHRASES = re.compile(
    r"use(s)? (of )?cookies|cookie (policy|settings|preferences)|accept (all )?cookies|(enable|requires?) javascript"
    r"|privacy policy|terms of (use|service)|all rights reserved|click here|learn more about|read more about"
    r"|sign up for our newsletter|subscribe to our|copyright ©|page not found"
    r"|版权所有|未经授权|备案号|ICP备|点击(这里|此处|查看)|启用 ?JavaScript|隐私政策|使用条款|阅读更多|扫一扫|责任编辑",
    re.IGNORECASE,
)


class Boilerplate(Filter):
    """Turns away ``boilerplate``."""

    kind: Literal["boilerplate"] = "boilerplate"
    maximum: Share | None = None
    """Greatest share of characters in boilerplate lines."""

    def reject(self, page: Page) -> Rejection | None:
        """Add up the characters of lines that are filler or that hold a phrase."""
        most = threshold(self, "maximum", page)
        if most is None or not any(trigger in page.lowered for trigger in _TRIGGERS):
            return None
        lines = page.lines
        found = sum(len(line) for line in lines if _is_boilerplate(line)) / max(sum(map(len, lines)), 1)
        if found > most:
            return Rejection("boilerplate", f"{found:.3f} of characters", f"at most {most}")
        return None


def _is_boilerplate(line: str) -> bool:
    return bool(_FILLER.search(line) or (len(line) <= LONGEST_LINE and _PHRASES.search(line)))
