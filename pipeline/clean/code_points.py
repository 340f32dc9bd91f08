"""Code points: what each one is to the comparison of texts, as tables to be looked up a million at a time.

Case and full-width forms do not count; accents do. A number keeps its digits, so nothing here makes two numbers equal.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

SEPARATOR, SIGN, JOINER, WORD, DIGIT, UNSPACED = range(6)
"""Between units; the same, but an operator; between units unless digits stand on both sides; part of a word; part of a
number; a unit alone."""
END = 0x323B0
"""All code points from here on are separators: after it come no letters, only tags and private use."""
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # kana
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x323AF),
)
"""Scripts written without spaces; for Chinese and kana the same ranges as `pipeline.clean.units`."""
_JOINERS = ".,:/-"
_SIGNS = "+-−*×·/÷^=<>≤≥≠≈±√∑∫%‰"
_NUMERALS = "〇零一二三四五六七八九十百千万亿两半"
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Tables(NamedTuple):
    """One entry a code point up to `END`, which stands for all beyond."""

    kind: npt.NDArray[np.uint8]
    folded: npt.NDArray[np.uint32]
    """The code point under which it is compared."""
    value: npt.NDArray[np.uint64]
    """A number that looks random, the same for code points that fold to the same one."""
    sign: npt.NDArray[np.bool_]
    """Operators and relations, where they do not join digits or stand inside a word."""
    numeral: npt.NDArray[np.bool_]
    """Chinese characters that write numbers."""


@cache
def tables() -> Tables:
    """Return the tables; made once a process, in about a tenth of a second."""
    characters = [chr(_folded(point)) for point in range(END)]
    kind = np.array([_kind(character) for character in characters] + [SEPARATOR], np.uint8)
    for first, last in _UNSPACED:
        block = kind[first : last + 1]
        block[block == WORD] = UNSPACED
    folded = np.array([ord(character) for character in characters] + [END], np.uint32)
    return Tables(kind, folded, scrambled(folded), _among(folded, _SIGNS), _among(folded, _NUMERALS))


def scrambled(numbers: npt.NDArray[np.integer]) -> npt.NDArray[np.uint64]:
    """Return 64-bit numbers that look random, one to one (the finisher of splitmix64)."""
    mixed: npt.NDArray[np.uint64] = (numbers.astype(np.uint64) + np.uint64(1)) * _GOLDEN
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))


def _folded(point: int) -> int:
    """Return the code point without case and width; digits of every script become ASCII."""
    if 0xFF01 <= point <= 0xFF5E:
        point -= 0xFEE0
    character = chr(point)
    if unicodedata.category(character) == "Nd":
        return ord("0") + unicodedata.digit(character)
    lower = character.lower()
    return ord(lower) if len(lower) == 1 else point


def _kind(character: str) -> int:
    category = unicodedata.category(character)
    if category == "Nd":
        return DIGIT
    if category[0] in "LMN":
        return WORD
    if character in _JOINERS:
        return JOINER
    return SIGN if character in _SIGNS else SEPARATOR


def _among(folded: npt.NDArray[np.uint32], characters: str) -> npt.NDArray[np.bool_]:
    return np.isin(folded, np.array([ord(character) for character in characters], np.uint32))
