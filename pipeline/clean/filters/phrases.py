"""Phrases: turns away documents that hold words of the user's list (C4's bad words, for any purpose).

A phrase counts as a whole word, except that Chinese and Japanese phrases, which no spaces set off, count anywhere.
One mention is no verdict: what counts is how many mentions there are in a thousand words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field

from pipeline.clean.filter import Filter, Page, Rejection
from pipeline.clean.units import CJK
from pipeline.clean.word_list import entries

_UNSPACED = re.compile(f"[{CJK}]")


class Phrases(Filter):
    """Turns away ``blocked_phrases``."""

    kind: Literal["phrases"] = "phrases"
    block: tuple[str, ...] = ()
    """Words or phrases, in any case."""
    file: str | None = None
    """A file of such entries, one a line."""
    per_thousand: float = Field(default=0.0, ge=0)
    """Greatest number of mentions in a thousand words or Chinese characters; 0 turns away at the first, like C4."""

    @property
    def files(self) -> Sequence[str]:
        """The list's path, if there is one."""
        return (self.file,) if self.file else ()

    def at(self, folder: Path) -> Self:
        """Return the filter with its file's path resolved, the file having been read once."""
        if self.file is None:
            return self
        path = folder / self.file
        _expression(self.block, str(path))
        return self.model_copy(update={"file": str(path)})

    def reject(self, page: Page) -> Rejection | None:
        """Count the mentions."""
        expression = _expression(self.block, self.file) if self.block or self.file else None
        if expression is None or not (mentions := expression.findall(page.lowered)):
            return None
        found = 1000 * len(mentions) / max(len(page.units), 1)
        if found > self.per_thousand:
            words = f"{found:.2f} mentions a thousand words, the first of {mentions[0]!r}"
            return Rejection("blocked_phrases", words, f"at most {self.per_thousand:g}")
        return None


@cache
def _expression(block: tuple[str, ...], file: str | None) -> re.Pattern[str] | None:
    listed = list(block)
    if file is not None:
        listed += [entry for _, entry in entries(Path(file), "clean.filters.phrases.file")]
    phrases = sorted({entry.lower() for entry in listed}, key=lambda phrase: (-len(phrase), phrase))
    if not phrases:
        return None
    return re.compile("|".join(re.escape(p) if _UNSPACED.search(p) else rf"\b{re.escape(p)}\b" for p in phrases))
