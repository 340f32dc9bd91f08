"""Statements: the chains of equations in a text, each side as it is written and, where it can be read, as sympy has it.

Formulas between dollar signs or LaTeX's brackets count as a whole; outside of them, what stands around an equals sign
without a word in between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pipeline.synthesize.formulas.expression import LONGEST, UnreadError, read

_SPAN = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_BREAK = re.compile(
    r"\\(?:quad|qquad|implies|Rightarrow|Longrightarrow|Leftrightarrow|iff|to|rightarrow|therefore|land|lor)(?![A-Za-z])"
    r"|\\\\|[；，。：⇒→\n]|(?<!\\)[;,](?!\d{3}(?!\d))|\\begin\{[^}]*\}|\\end\{[^}]*\}"
    r"|\\text\{\s*(?:and|or|so|then|thus|if|for|when|with|where)\s*\}"
)
_RUN = re.compile(
    r"(?:(?<![A-Za-z\d_])(?:sin|cos|tan|ln|exp|sqrt|pi)(?![A-Za-z])|(?<![A-Za-z'’])[A-Za-z](?![A-Za-z'’])"
    r"|\d+(?:,\d{3})*(?:\.\d+)?|\.(?=\d)|[-+*/^()=≈×÷·−²³√π!%]|[^\S\n])+"
)
_RELATION = re.compile(r"\\approx(?![A-Za-z])|\\equiv(?![A-Za-z])|=|≈|≡")
_OTHER = re.compile(r"\\(?:leq?|geq?|neq?|in|sim|propto|mid|lt|gt|pm|mp)(?![A-Za-z])|[<>≤≥≠±∓∈]")
_CLAUSE = re.compile(r"\\p?mod|\\bmod|mod ")
_ENDING = re.compile(r"[\s.,;:，。；：、]+\Z")
_MOST = 400
"""Most statements that are looked at."""


@dataclass(frozen=True)
class Statement:
    """A chain of sides, such as ``A = B ≈ C``; one side alone is an expression."""

    sides: tuple[str, ...]
    signs: tuple[str, ...]
    """``=``, ``≈`` or ``≡``, between the sides."""
    begin: int
    end: int
    """Where it lies in the text."""
    is_formula: bool
    """Whether it stood between formula marks."""

    def value(self, side: int) -> Any:
        """Return a side as sympy has it, or None where it cannot be read."""
        return _read(self.sides[side])


def statements(text: str) -> tuple[Statement, ...]:
    """Return the chains and expressions of a text in order."""
    return _statements(text)


@lru_cache(maxsize=8)  # several checks look at one text
def _statements(text: str) -> tuple[Statement, ...]:
    found: list[Statement] = []
    begin = 0
    for span in _SPAN.finditer(text):
        found += _plain(text, begin, span.start())
        inside = next(i for i in range(1, 5) if span[i] is not None)
        found += _formula(span[inside], span.start(inside))
        begin = span.end()
        if len(found) > _MOST:
            return tuple(found[:_MOST])
    return tuple([*found, *_plain(text, begin, len(text))][:_MOST])


def _plain(text: str, begin: int, end: int) -> Iterator[Statement]:
    for run in _RUN.finditer(text, begin, end):
        if _RELATION.search(run[0]):
            yield from _chain(run[0], run.start(), is_formula=False)


def _formula(text: str, offset: int) -> Iterator[Statement]:
    begin = 0
    for mark in [*_BREAK.finditer(text), None]:
        end = mark.start() if mark else len(text)
        yield from _chain(text[begin:end], offset + begin, is_formula=True)
        begin = mark.end() if mark else end


def _chain(text: str, offset: int, *, is_formula: bool) -> Iterator[Statement]:
    if not text.strip() or len(text) > 8 * LONGEST or _CLAUSE.search(text) or _OTHER.search(text):
        return
    sides = tuple(_ENDING.sub("", side).strip() for side in _RELATION.split(text))
    signs = tuple({"=": "=", "≡": "≡", "\\equiv": "≡"}.get(sign, "≈") for sign in _RELATION.findall(text))
    if len(sides) > 1 and not sides[0]:  # the chain goes on from a line before
        sides, signs = sides[1:], signs[1:]
    if all(sides):
        yield Statement(sides, signs, offset, offset + len(text), is_formula)


@lru_cache(maxsize=512)
def _read(text: str) -> Any:
    try:
        return read(text)
    except UnreadError:
        return None
