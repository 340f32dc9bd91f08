"""Lines: turns away menus and lists of links, which have lines but no sentences (FineWeb, FineWeb-2).

Chinese sentence ends count as ends, which the rules of C4 forget; formulas and fenced code are no lines here.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from curricula.settings import Share
from pipeline.clean.filter import Filter, Page, Rejection
from pipeline.clean.profile import threshold

_ENDS = tuple(".!?\"':;)$`…。！？”’：；）」』》")
_STOPS = tuple(".!?。！？…") + tuple(stop + quote for stop in ".!?。！？…" for quote in "\"'”’)）」』")
_STATEMENT = 30
"""Characters from which on a line with a Chinese full stop inside is no item of a menu."""
_SAID = 100
"""Characters from which on the same holds of a paragraph in which a sentence ends before another begins: own, two short
lines. Chosen on one half of SpamAssassin's mails: 50 of 73 that were turned away are kept so, and no spam more."""
_INSIDE = re.compile(r"[.!?][\"')\]]{0,3}\s{1,3}[\"'(\[_*]?[A-Z]")
_QUOTED = re.compile(r"^>[> \t]*")


class Lines(Filter):
    """Turns away ``no_sentences``, ``short_lines``, ``unended_lines`` and ``many_lines``."""

    kind: Literal["lines"] = "lines"
    short: int | None = Field(default=None, ge=1)
    """A line of fewer characters is short."""
    maximum_short: Share | None = None
    """Greatest share of short lines without an end of sentence or clause."""
    any_short: Share | None = None
    """Greatest share of short lines, whatever their end."""
    ended: Share | None = None
    """Least share of lines that end a sentence."""
    wrapped: int | None = Field(default=None, ge=1)
    """A line of so many characters right before another one runs on: paragraphs are counted then, not lines."""
    newlines: float | None = Field(default=None, ge=0)
    """Greatest number of line breaks a unit."""

    def reject(self, page: Page) -> Rejection | None:
        """Count lines by their lengths and ends, then line breaks."""
        lines = page.prose_lines
        if not lines:
            return None
        return self._short(page, lines) or self._ended(page, lines) or self._breaks(page)

    def _short(self, page: Page, lines: tuple[str, ...]) -> Rejection | None:
        short = threshold(self, "short", page)
        most, most_of_any = threshold(self, "maximum_short", page), threshold(self, "any_short", page)
        if short is None or (most is None and most_of_any is None):
            return None
        brief = [line for line in lines if len(line) < short]
        if most_of_any is not None and (found := len(brief) / len(lines)) > most_of_any:
            return Rejection("short_lines", f"{found:.3f} of lines", f"at most {most_of_any}")
        if most is not None and len(brief) > most * len(lines):
            found = sum(not line.endswith(_ENDS) for line in brief) / len(lines)
            if found > most:
                return Rejection("no_sentences", f"{found:.3f} of lines", f"at most {most}")
        return None

    def _ended(self, page: Page, lines: tuple[str, ...]) -> Rejection | None:
        least = threshold(self, "ended", page)
        if least is None or sum(map(_is_ended, lines)) >= least * len(lines):
            return None
        ended = list(map(_is_ended, lines))
        if (wrapped := threshold(self, "wrapped", page)) and (paragraphs := _paragraphs(page.prose, wrapped)):
            ended = list(map(_holds_a_sentence, paragraphs))
        if (found := sum(ended) / len(ended)) < least:
            return Rejection("unended_lines", f"{found:.3f} of lines end a sentence", f"at least {least}")
        return None

    def _breaks(self, page: Page) -> Rejection | None:
        most = threshold(self, "newlines", page)
        if most is not None and (found := page.prose.count("\n") / max(len(page.units), 1)) > most:
            return Rejection("many_lines", f"{found:.3f} line breaks a word", f"at most {most}")
        return None


def _is_ended(line: str) -> bool:
    """Say whether a line ends a sentence; a Chinese full stop may stand before a signature or within a quotation."""
    return line.endswith(_STOPS) or (len(line) >= _STATEMENT and any(stop in line for stop in "。！？"))


def _paragraphs(text: str, wrapped: int) -> list[str]:
    """Return what was broken at a width joined again, of mail without marks of quotation and without the signature.

    Marks and the line ``--`` above a signature are those of RFC 3676, sections 4.3 and 4.5.
    """
    lines = [_QUOTED.sub("", line.strip()) for line in text.splitlines()]
    if (end := len(lines) - lines[::-1].index("--") - 1 if "--" in lines else 0) > 0:
        del lines[end:]
    paragraphs, parts = [], list[str]()
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if line:
            parts.append(line)
            if len(line) < wrapped or not after:
                paragraphs.append(" ".join(parts))
                parts = []
    return paragraphs


def _holds_a_sentence(paragraph: str) -> bool:
    """Say whether a paragraph ends a sentence, or says so much that a sentence ends inside it."""
    return _is_ended(paragraph) or (len(paragraph) >= _SAID and _INSIDE.search(paragraph) is not None)
