"""A text as one line of words for fastText: lower case, one Chinese character a word, no punctuation.

Pairs of neighbouring words are fastText's own business (``wordNgrams``), so Chinese is seen as characters and
bigrams, with no dictionary. Underscores go too: they would let a text spell one of fastText's labels. Texts beyond
ASCII are worked on many at a time, as one array of code points.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from pipeline.label.code_points import CHARACTER, LETTER, OTHER, POINTS, Texts, before, classes, of_each

TOGETHER = 1 << 17
"""Characters of one array: what is made of them stays in the processor's cache."""
_ASCII = {code: " " for code in range(128) if not chr(code).isalnum()}
_SPACE = ord(" ")


def lines(texts: Sequence[str], characters: int) -> list[str]:
    """Return the words of each text's first ``characters`` characters; empty for a text without words."""
    found: list[str] = []
    others: list[int] = []
    size = 0
    for row, text in enumerate(texts):
        start = text[:characters].lower()
        if start.isascii():
            found.append(start.translate(_ASCII))
            continue
        found.append(start)
        others.append(row)
        size += len(start)
        if size >= TOGETHER:
            _space_out(found, others)
            others, size = [], 0
    _space_out(found, others)
    return found


def line(text: str, characters: int) -> str:
    """Return what `lines` makes of one text."""
    return lines([text], characters)[0]


def _space_out(found: list[str], rows: Sequence[int]) -> None:
    """Put a space for all that is no word, before each Chinese character, and before a word that follows one."""
    texts = Texts.of([found[row] for row in rows])
    kinds = of_each(_kinds(), texts)
    is_character = kinds == CHARACTER
    gap = is_character | (before(is_character) & (kinds == LETTER))
    places = np.arange(len(gap) + 1)
    places[1:] += np.cumsum(gap)
    spaced = np.full(places[-1], _SPACE, dtype="<u4")
    # The gap comes before its character. No word holds half a surrogate pair, so all can be decoded.
    spaced[places[1:] - 1] = np.where(kinds == OTHER, _SPACE, texts.points)
    whole = spaced.tobytes().decode("utf-32-le")
    for row, begin, end in zip(rows, places[texts.starts[:-1]], places[texts.starts[1:]], strict=True):
        found[row] = whole[begin:end]


@cache
def _kinds() -> npt.NDArray[np.uint8]:
    """Return the class of every code point; marks in the ranges of Chinese characters are part of no word."""
    made = classes().copy()
    for match in re.finditer(r"[\W_]+", "".join(map(chr, range(POINTS)))):
        made[slice(*match.span())] = OTHER
    return made
