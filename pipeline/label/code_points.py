"""Code points: texts as numbers, so that counting words of a thousand documents is a few passes over one array.

What a character is comes from tables with an entry for every code point, made once a process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.clean.units import CJK

POINTS = 0x110000
"""Number of code points of Unicode."""
CHUNK = 1 << 20
"""Characters that are worked on at a time; memory is a few dozen times this."""
LONGEST = 1 << 20
"""Characters of a document that are looked at where only a mean is asked for."""
_CASED = 0x20000
"""End of the planes that have capital letters."""
OTHER, LETTER, CHARACTER = 0, 1, 2
"""Classes of a code point: part of no unit, part of a word, a unit of its own."""

Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Texts:
    """Texts laid end to end, a line break after each."""

    points: npt.NDArray[np.intp]
    starts: Integers
    """Place of each text's first character, and the end of all."""

    @classmethod
    def of(cls, texts: Sequence[str]) -> Texts:
        """Lay texts end to end."""
        data = "".join(f"{text}\n" for text in texts).encode("utf-32-le", "surrogatepass")
        lengths = np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts))
        return cls(np.frombuffer(data, dtype="<u4").astype(np.intp), np.concatenate([[0], np.cumsum(lengths)]))

    def count(self, places: Integers) -> Integers:
        """Return how many of these places, which rise, lie in each text."""
        return np.diff(np.searchsorted(places, self.starts))


def chunks(texts: Sequence[str], longest: int | None = None) -> Iterator[tuple[slice, Texts]]:
    """Yield runs of texts of about `CHUNK` characters and where they stand; of each the first ``longest``."""
    begin, size = 0, 0
    for i, text in enumerate(texts):
        size += len(text) if longest is None else min(len(text), longest)
        if size >= CHUNK or i + 1 == len(texts):
            yield slice(begin, i + 1), Texts.of([text[:longest] for text in texts[begin : i + 1]])
            begin, size = i + 1, 0


def of_each(values: npt.NDArray[Any], texts: Texts) -> npt.NDArray[Any]:
    """Return what a table with an entry for every code point says of each character."""
    # No code point lies outside the table; told to clip, NumPy does not look.
    return np.take(values, texts.points, mode="clip")


def before(flags: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return each place's flag moved to the place after it; the first place gets 0."""
    moved = np.zeros_like(flags)
    moved[1:] = flags[:-1]
    return moved


def after(flags: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return each place's flag moved to the place before it; the last place gets 0."""
    moved = np.zeros_like(flags)
    moved[:-1] = flags[1:]
    return moved


@cache
def classes() -> npt.NDArray[np.uint8]:
    """Return the class of every code point, such that units are those of `pipeline.clean.units`."""
    made = np.full(POINTS, OTHER, np.uint8)
    every = "".join(map(chr, range(POINTS)))
    for kind, pattern in ((LETTER, r"\w+"), (CHARACTER, f"[{CJK}]+")):
        for match in re.finditer(pattern, every):
            made[slice(*match.span())] = kind
    return made


@cache
def lower() -> npt.NDArray[np.uint32]:
    """Return every code point's small letter, where that is one code point."""
    made = np.arange(POINTS, dtype=np.uint32)
    for point in range(_CASED):
        if len(small := chr(point).lower()) == 1:
            made[point] = ord(small)
    return made


def unit_starts(kinds: npt.NDArray[np.uint8]) -> Integers:
    """Return where units begin, from the class of each character."""
    return np.flatnonzero((kinds == CHARACTER) | ((kinds == LETTER) & (before(kinds) != LETTER)))


def unit_ends(kinds: npt.NDArray[np.uint8]) -> Integers:
    """Return where units end, the place after their last character."""
    return np.flatnonzero((kinds == CHARACTER) | ((kinds == LETTER) & (after(kinds) != LETTER))) + 1


def hashes(texts: Texts, kinds: npt.NDArray[np.uint8]) -> Words:
    """Return a 64-bit hash of every unit: a polynomial of its letters, capital and small ones alike."""
    powers, inverses = _powers(max(len(kinds), CHUNK + LONGEST))
    # The sum of a word's terms is a difference of sums from the beginning; dividing takes out where the word stands.
    sums = np.zeros(len(kinds) + 1, np.uint64)
    terms = of_each(_mixed(), texts)
    terms *= powers[: len(kinds)]
    np.cumsum(terms, out=sums[1:])
    starts = unit_starts(kinds)
    return (sums[unit_ends(kinds)] - sums[starts]) * inverses[starts]


@lru_cache(maxsize=1)
def _powers(count: int) -> tuple[Words, Words]:
    """Return the powers of an odd number and their inverses, modulo 2^64."""
    base = 0x9E3779B97F4A7C15
    made = []
    for factor in (base, pow(base, -1, 1 << 64)):
        powers = np.full(count, factor, np.uint64)
        powers[0] = 1
        made.append(np.cumprod(powers, dtype=np.uint64))
    return made[0], made[1]


@cache
def _mixed() -> Words:
    """Return 64 well-mixed bits for every code point's small letter (splitmix64)."""
    bits = (lower().astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
