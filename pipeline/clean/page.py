"""A page: one document as the filters see it, with what several of them ask for counted once.

Everything counted looks at no more than the first `LONGEST` characters, so that a text of any size is judged in
bounded memory; only dumps are longer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pipeline.clean.profile import profile
from pipeline.clean.units import split

LONGEST = 4_000_000
"""Characters; three times *War and Peace*."""
_SET_APART = re.compile(
    r"```.{0,20000}?```|~~~.{0,20000}?~~~"
    r"|\$\$.{1,3000}?\$\$|\\\[(?:(?!\\\[).){1,3000}?\\\]|\\\((?:(?!\\\().){1,1000}?\\\)"
    r"|\\begin\{([a-zA-Z]{1,20}\*?)\}(?:(?!\\begin\{).){0,6000}?\\end\{\1\}"
    r"|(?<![\\$])\$(?![\s$])[^$\n]{0,400}?(?<![\s\\])\$(?![\d$])"
    r"|^[ \t]{0,40}>>> [^\n]{0,400}(?:\n[ \t]{0,40}\.\.\. [^\n]{0,400}){0,40}"
    r"|(?<![`\\])`(?![\s`])(?=[^`]{0,400}\\[A-Za-z]{2})(?=[^`]{0,400}[{_^])[^`]{1,400}(?<!\s)`(?!`)"
    r"|:math:`[^`\n]{1,400}`|^[ \t]*\.\. math ?::[^\n]{0,400}(?:\n[ \t]*(?=\n|\Z)|\n[ \t]+[^\n]{0,400}){0,40}",
    re.DOTALL | re.MULTILINE,
)
"""Fenced code, what is typed in Python's interactive sessions, and formulas in LaTeX or reStructuredText, there also in
backquotes alone where these hold a command and a brace or an index, which is how sympy writes them. A dollar
opens a formula only before, and closes one only after, something visible (pandoc's rule), so prices are none. What
opens again before it closes is skipped, so that time grows with the text."""
_MARKS = ("$", "`", "\\[", "\\(", "\\begin{", "~~~", ">>> ", ".. math")
_CODE = ("```", "~~~", ">>>")
_FORMULA = re.compile(r"\\[A-Za-z]{2}|:math:|\.\. math")
"""What makes one of them a formula: variables of scripts stand between dollars, too, but hold no command of LaTeX."""


def formulas(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield begin and end of each formula, and whether it is one by a command of LaTeX and not by its dollars alone."""
    for match in _SET_APART.finditer(text) if any(mark in text for mark in _MARKS) else ():
        if not match[0].lstrip().startswith(_CODE):
            yield match.start(), match.end(), _FORMULA.search(match[0]) is not None


@dataclass(frozen=True)
class Page:
    """What a filter may look at."""

    text: str
    profile: str
    """Of its source: ``en``, ``zh``, ``mail``, ``code``, ``mathematics`` or ``qa``."""
    language: str
    """Identified language: ISO 639-3 and script, such as ``eng_Latn`` or ``cmn_Hani``; empty before identification."""
    language_score: float
    url: str = ""
    """Where it was found; empty where the source does not say."""

    @cached_property
    def head(self) -> str:
        """The part that is judged."""
        return self.text[:LONGEST]

    @cached_property
    def units(self) -> tuple[str, ...]:
        """Words and unspaced characters in order (`pipeline.clean.units`)."""
        return split(self.head)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The different units, in lower case."""
        return frozenset(map(str.lower, frozenset(self.units)))

    @cached_property
    def lowered(self) -> str:
        """The text in lower case, for phrases."""
        return self.head.lower()

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Lines that are not blank, without the space around them."""
        return _lines(self.head)

    @cached_property
    def prose(self) -> str:
        """The text without fenced code and LaTeX formulas, whose signs are no sign of a poor page."""
        return self._divided[0]

    @cached_property
    def formulas(self) -> float:
        """The share of its characters that stand in formulas."""
        return self._divided[1] / max(len(self.head), 1)

    @cached_property
    def thresholds(self) -> str:
        """The profile whose thresholds apply: its own, or that of mathematics where prose has many formulas."""
        least = profile(self.profile)["formulas"]["share"]
        return "mathematics" if least is not None and self.formulas >= least else self.profile

    @cached_property
    def _divided(self) -> tuple[str, int]:
        """Return the prose, and the number of characters in formulas."""
        if not any(mark in self.head for mark in _MARKS):
            return self.head, 0
        formulas: list[int] = []

        def count(match: re.Match[str]) -> str:
            if not match[0].lstrip().startswith(_CODE) and _FORMULA.search(match[0]):
                formulas.append(len(match[0]))
            return " "

        prose = _SET_APART.sub(count, self.head)
        return prose, sum(formulas)

    @cached_property
    def prose_lines(self) -> tuple[str, ...]:
        """`lines` of the prose."""
        return self.lines if self.prose is self.head else _lines(self.prose)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(stripped for line in text.splitlines() if (stripped := line.strip()))
