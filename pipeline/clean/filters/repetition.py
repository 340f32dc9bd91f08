"""Repetition: turns away documents that say the same again and again (Gopher, arXiv 2112.11446, table A1).

N-grams run over units (`pipeline.clean.units`): words in English, characters in Chinese, so no segmenter is needed.
Shares of characters are shares of the whole text, as in datatrove, by which FineWeb-2's thresholds were found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from curricula.settings import Share
from pipeline.clean.filter import Filter, Page, Rejection
from pipeline.clean.profile import threshold

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_BASE = 0x2545F4914F6CDD1D  # odd, so that it has an inverse
_PARAGRAPH = re.compile(r"\n\s*\n")
_WORD = re.compile(r"\w")
_Numbers = npt.NDArray[Any]
_Shares = dict[Annotated[int, Field(ge=1)], Share]


class Repetition(Filter):
    """Turns away repeated lines, repeated paragraphs, ``top_ngram`` and ``duplicate_ngrams``."""

    kind: Literal["repetition"] = "repetition"
    duplicate_lines: Share | None = None
    """Greatest share of characters in lines that occurred before."""
    duplicate_paragraphs: Share | None = None
    """Greatest share of characters in paragraphs that occurred before."""
    number_of_lines: Share | None = None
    """Greatest share of lines, by their number, that occurred before."""
    number_of_paragraphs: Share | None = None
    """Greatest share of paragraphs, by their number, that occurred before."""
    top_ngram: _Shares | None = None
    """n -> greatest share of characters in the most frequent n-gram."""
    duplicate_ngrams: _Shares | None = None
    """n -> greatest share of characters in n-grams that occurred before."""

    def reject(self, page: Page) -> Rejection | None:
        """Check lines, then paragraphs, then n-grams; the first that is over its limit names the reason."""
        return (
            self._pieces(page, page.lines, "duplicate_lines", "number_of_lines")
            or self._pieces(page, _paragraphs(page), "duplicate_paragraphs", "number_of_paragraphs")
            or self._ngrams(page)
        )

    def _pieces(self, page: Page, pieces: Sequence[str], by_length: str, by_number: str) -> Rejection | None:
        if len(pieces) < 2:
            return None
        different = set(pieces)
        if len(different) == len(pieces):
            return None
        most = threshold(self, by_length, page)
        if most is not None and (found := duplicate_share(pieces, different)) > most:
            return Rejection(by_length, f"{found:.3f} of characters", f"at most {most}")
        most = threshold(self, by_number, page)
        if most is not None and 1 - len(different) / len(pieces) > most and (found := _repeats(pieces)) > most:
            return Rejection(by_length, f"{found:.3f} of their number", f"at most {most}")
        return None

    def _ngrams(self, page: Page) -> Rejection | None:
        top, duplicate = threshold(self, "top_ngram", page), threshold(self, "duplicate_ngrams", page)
        if not top and not duplicate:
            return None
        size = max(len(page.head), 1)
        sums, lengths = numbered(page.units)
        for n, most in (top or {}).items():
            if (found := top_characters(sums, lengths, n) / size) > most:
                return Rejection("top_ngram", f"{found:.3f} of characters in one {n}-gram", f"at most {most}")
        for n, most in (duplicate or {}).items():
            if (found := repeated_characters(sums, lengths, n) / size) > most:
                return Rejection(
                    "duplicate_ngrams", f"{found:.3f} of characters in repeated {n}-grams", f"at most {most}"
                )
        return None


def duplicate_share(pieces: Sequence[str], different: set[str]) -> float:
    """Return the share of characters that lie in pieces which occurred earlier."""
    return 1.0 - sum(map(len, different)) / max(sum(map(len, pieces)), 1)


def _repeats(pieces: Sequence[str]) -> float:
    """Return the share of pieces that occurred before; rules, bullets and other pieces without a word are none."""
    spoken = [piece for piece in pieces if _WORD.search(piece)]
    return 1 - len(set(spoken)) / len(spoken) if spoken else 0.0


def _paragraphs(page: Page) -> list[str]:
    if "\n" not in page.head:
        return []
    return [stripped for piece in _PARAGRAPH.split(page.head) if (stripped := piece.strip())]


def numbered(words: Sequence[str]) -> tuple[_Numbers, _Numbers]:
    """Return what n-grams of the units are told apart by, and each unit's length in characters.

    The former are running sums of a hash of each unit times a power of its place: an n-gram of any n is a difference.
    """
    table = {word: number for number, word in enumerate(dict.fromkeys(words))}
    numbers = np.fromiter(map(table.__getitem__, words), dtype=np.int64, count=len(words))
    lengths = np.fromiter(map(len, table), dtype=np.int64, count=len(table))
    scrambled = (numbers.astype(np.uint64) + np.uint64(1)) * _MULTIPLIER
    scrambled ^= scrambled >> np.uint64(29)
    sums = np.zeros(len(words) + 1, dtype=np.uint64)
    np.cumsum(scrambled * _powers(_size(len(words)))[0][: len(words)], out=sums[1:])
    return sums, lengths[numbers]


def _hashes(sums: _Numbers, n: int) -> _Numbers:
    """Return a 64-bit hash of the n-gram that starts at each unit."""
    hashes = (sums[n:] - sums[:-n]) * _powers(_size(len(sums) - 1))[1][: len(sums) - n]
    return np.asarray(hashes ^ (hashes >> np.uint64(31)))


def _size(length: int) -> int:
    return 1 << max(length - 1, 0).bit_length()


@lru_cache(maxsize=4)
def _powers(size: int) -> tuple[_Numbers, _Numbers]:
    """Return the powers of an odd number modulo 2**64, and those of its inverse."""
    base = np.full(size, _BASE, dtype=np.uint64)
    inverse = np.full(size, pow(_BASE, -1, 1 << 64), dtype=np.uint64)
    base[0] = inverse[0] = 1
    return np.cumprod(base, dtype=np.uint64), np.cumprod(inverse, dtype=np.uint64)


def top_characters(sums: _Numbers, lengths: _Numbers, n: int) -> int:
    """Return the characters in all occurrences of the most frequent n-gram, spaces left out; 0 if none recurs."""
    if len(lengths) < n + 1:
        return 0
    in_order = _hashes(sums, n)
    hashes = np.sort(in_order)
    if not (hashes[1:] == hashes[:-1]).any():
        return 0
    edges = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1], [True]]))
    counts = np.diff(edges)
    best = int(counts.max())
    most_frequent = hashes[edges[:-1][counts == best]]
    start = int(np.flatnonzero(np.isin(in_order, most_frequent))[0])
    return best * int(lengths[start : start + n].sum())


def repeated_characters(sums: _Numbers, lengths: _Numbers, n: int) -> int:
    """Return the characters in n-grams that occurred before, each character once."""
    if len(lengths) < n + 1:
        return 0
    hashes = _hashes(sums, n)
    order = np.argsort(hashes, kind="stable")
    again = hashes[order][1:] == hashes[order][:-1]
    if not again.any():
        return 0
    later = order[1:][again]
    edges = np.zeros(len(lengths) + 1, dtype=np.int64)
    edges[later] += 1
    edges[later + n] -= 1
    return int(lengths[np.cumsum(edges[:-1]) > 0].sum())
