"""Phrases: turns away documents that hold words of the user's list (C4's bad words, for any purpose).

A phrase counts as a whole word, except that Chinese and Japanese phrases, which no spaces set off, count anywhere.
One mention is no verdict: what counts is how many mentions there are in a thousand words.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from pydantic import Field

from pipeline.clean.filter import Page, Rejection
from pipeline.clean.filters.listed import Listed, listed
from pipeline.clean.units import CJK

_UNSPACED = re.compile(f"[{CJK}]")


class Phrases(Listed):
    """Turns away ``blocked_phrases``."""

    kind: Literal["phrases"] = "phrases"
    block: tuple[str, ...] = ()
    """Words or phrases, in any case."""
    per_thousand: float = Field(default=0.0, ge=0)
    """Greatest number of mentions in a thousand words or Chinese characters; 0 turns away at the first, like C4."""

    def read(self) -> re.Pattern[str] | None:
        """Return what finds every mention, None where nothing is listed."""
        return _expression(self.block, self.file)

    def reject(self, page: Page) -> Rejection | None:
        """Count the mentions."""
        expression = self.read()
        if expression is None or not (mentions := expression.findall(page.lowered)):
            return None
        found = 1000 * len(mentions) / max(len(page.units), 1)
        if found > self.per_thousand:
            words = f"{found:.2f} mentions a thousand words, the first of {mentions[0]!r}"
            return Rejection("blocked_phrases", words, f"at most {self.per_thousand:g}")
        return None


@cache
def _expression(block: tuple[str, ...], file: str | None) -> re.Pattern[str] | None:
    entries = {entry.lower() for _, entry in listed("clean.filters.phrases", block, file)}
    phrases = sorted(entries, key=lambda phrase: (-len(phrase), phrase))
    if not phrases:
        return None
    return re.compile("|".join(re.escape(p) if _UNSPACED.search(p) else rf"\b{re.escape(p)}\b" for p in phrases))
