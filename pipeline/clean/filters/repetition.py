"""Repetition: turns away documents that say the same again and again (Gopher, arXiv 2112.11446, table A1).

N-grams run over units (`pipeline.clean.units`): words in English, characters in Chinese, so no segmenter is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from curricula.settings import Share
from pipeline.clean.filter import Filter, Page, Rejection
from pipeline.clean.profile import threshold
from pipeline.clean.units import units

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_Numbers = npt.NDArray[Any]


class Repetition(Filter):
    """Turns away ``duplicate_lines``, ``duplicate_paragraphs``, ``top_ngram`` and ``duplicate_ngrams``.

    Every share is one of characters: of lines (paragraphs) seen before in the document, of all occurrences of the
    most frequent n-gram, of n-grams seen before.
    """

    kind: Literal["repetition"] = "repetition"
    duplicate_lines: Share | None = None
    """Greatest share of characters in lines that occurred before."""
    duplicate_paragraphs: Share | None = None
    """Greatest share of characters in paragraphs that occurred before."""
    top_ngram: dict[int, Share] | None = None
    """n -> greatest share of the most frequent n-gram."""
    duplicate_ngrams: dict[int, Share] | None = None
    """n -> greatest share of n-grams that occurred before."""

    def reject(self, page: Page) -> Rejection | None:
        """Check lines, then paragraphs, then n-grams; the first that is over its limit names the reason."""
        for reason, separator in (("duplicate_lines", "\n"), ("duplicate_paragraphs", "\n\n")):
            allowed = threshold(self, reason, page)
            if allowed is not None and (found := duplicate_share(page.text, separator)) > allowed:
                return Rejection(reason, f"{found:.3f} of characters", f"at most {allowed}")
        top, duplicate = threshold(self, "top_ngram", page), threshold(self, "duplicate_ngrams", page)
        if not top and not duplicate:
            return None
        numbers, lengths = _numbered(units(page.text))
        for n, allowed in (top or {}).items():
            if (found := _top_share(numbers, lengths, n)) > allowed:
                return Rejection("top_ngram", f"{found:.3f} of characters in one {n}-gram", f"at most {allowed}")
        for n, allowed in (duplicate or {}).items():
            if (found := _repeated_share(numbers, lengths, n)) > allowed:
                return Rejection(
                    "duplicate_ngrams", f"{found:.3f} of characters in repeated {n}-grams", f"at most {allowed}"
                )
        return None


def duplicate_share(text: str, separator: str) -> float:
    """Return the share of characters that lie in pieces which occurred earlier in the text."""
    pieces = [stripped for piece in text.split(separator) if (stripped := piece.strip())]
    total = sum(map(len, pieces))
    return 1.0 - sum(map(len, set(pieces))) / total if total else 0.0


def _numbered(words: Sequence[str]) -> tuple[_Numbers, _Numbers]:
    """Return a number for each unit (equal units, equal numbers) and each unit's length in characters."""
    table: dict[str, int] = {}
    numbers = np.array([table.setdefault(word, len(table)) for word in words], dtype=np.uint64)
    lengths = np.fromiter(map(len, table), dtype=np.int64, count=len(table))
    return numbers, lengths[numbers.astype(np.int64)] if len(numbers) else lengths


def _ngrams(numbers: _Numbers, n: int) -> _Numbers:
    """Return a 64-bit hash of the n-gram that starts at each unit."""
    hashes = np.zeros(len(numbers) - n + 1, dtype=np.uint64)
    for i in range(n):
        hashes = (hashes ^ numbers[i : len(numbers) - n + 1 + i]) * _MULTIPLIER
        hashes ^= hashes >> np.uint64(29)
    return hashes


def _top_share(numbers: _Numbers, lengths: _Numbers, n: int) -> float:
    if len(numbers) < n + 1:
        return 0.0
    _, first, counts = np.unique(_ngrams(numbers, n), return_index=True, return_counts=True)
    best = int(counts.max())
    if best == 1:
        return 0.0
    start = int(first[counts == best].min())
    return min(1.0, best * int(lengths[start : start + n].sum()) / int(lengths.sum()))


def _repeated_share(numbers: _Numbers, lengths: _Numbers, n: int) -> float:
    if len(numbers) < n + 1:
        return 0.0
    hashes = _ngrams(numbers, n)
    _, first = np.unique(hashes, return_index=True)
    later = np.ones(len(hashes), dtype=bool)
    later[first] = False
    edges = np.zeros(len(numbers) + 1, dtype=np.int64)
    edges[: len(later)] += later
    edges[n : n + len(later)] -= later
    covered = np.cumsum(edges[:-1]) > 0
    return float(lengths[covered].sum() / lengths.sum())
