"""Words: turns away documents whose words are not those of running text (Gopher, arXiv 2112.11446, section A.1.1).

Formulas and fenced code are left out of the count, and a text is judged by its units: words, or Chinese characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from curricula.settings import Share
from pipeline.clean.filter import Filter, Page, Rejection
from pipeline.clean.profile import threshold
from pipeline.clean.units import CJK, split

_ADDRESS = re.compile(r"\bhttps?://\S{1,2000}")
"""The numbers in it are no words of the text."""
_UNSPACED = re.compile(f"[{CJK}]")
_WORD = re.compile(r"\w")


class Words(Filter):
    """Turns away ``word_length``, ``hashes``, ``ellipses``, ``few_alphabetic_words`` and ``few_stop_words``."""

    kind: Literal["words"] = "words"
    shortest_mean: float | None = Field(default=None, gt=0)
    """Least mean length of a unit in characters."""
    longest_mean: float | None = Field(default=None, gt=0)
    """Greatest mean length of a unit in characters."""
    hashes: float | None = Field(default=None, ge=0)
    """Greatest number of hash signs a unit."""
    ellipses: float | None = Field(default=None, ge=0)
    """Greatest number of ellipses a unit."""
    alphabetic: Share | None = None
    """Least share of words that hold a letter. Where too few units do, words are what lies between spaces, as Gopher
    counts, so that a date or a version is one word, and a note's number part of one; web addresses and marks alone are
    none. datatrove counts punctuation marks as words too."""
    stop_words: tuple[str, ...] | None = None
    """Words that every running text holds, in lower case."""
    different_stop_words: int | None = Field(default=None, ge=1)
    """Least number of different stop words."""

    def reject(self, page: Page) -> Rejection | None:
        """Check the lengths of words, then what signs stand between them, then which words they are."""
        words = page.units if page.prose is page.head else split(page.prose)
        if not words:
            return None
        return (
            self._length(page, sum(map(len, words)) / len(words))
            or self._signs(page, len(words))
            or self._letters(page, words)
            or self._stop_words(page)
        )

    def _length(self, page: Page, mean: float) -> Rejection | None:
        least, most = threshold(self, "shortest_mean", page), threshold(self, "longest_mean", page)
        if least is not None and mean < least:
            return Rejection("word_length", f"{mean:.2f} characters a word", f"at least {least}")
        if most is not None and mean > most:
            return Rejection("word_length", f"{mean:.2f} characters a word", f"at most {most}")
        return None

    def _signs(self, page: Page, num_words: int) -> Rejection | None:
        most = threshold(self, "hashes", page)
        if most is not None and (found := page.prose.count("#") / num_words) > most:
            return Rejection("hashes", f"{found:.3f} a word", f"at most {most}")
        most = threshold(self, "ellipses", page)
        if most is not None:
            found = (page.prose.count("...") + page.prose.count("…")) / num_words
            if found > most:
                return Rejection("ellipses", f"{found:.3f} a word", f"at most {most}")
        return None

    def _letters(self, page: Page, words: tuple[str, ...]) -> Rejection | None:
        least = threshold(self, "alphabetic", page)
        if least is None:
            return None
        found = _alphabetic(words)
        if found < least:
            found = _spaced(_ADDRESS.sub(" ", page.prose))
        if found < least:
            return Rejection("few_alphabetic_words", f"{found:.3f} of words", f"at least {least}")
        return None

    def _stop_words(self, page: Page) -> Rejection | None:
        least, stops = threshold(self, "different_stop_words", page), threshold(self, "stop_words", page)
        if least is None or not stops:
            return None
        found = len(page.vocabulary.intersection(stops))
        if found < least:
            return Rejection("few_stop_words", f"{found} of {len(stops)} stop words", f"at least {least}")
        return None


def _spaced(text: str) -> float:
    """Return the share of words with a letter; of units where a script has no spaces."""
    if _UNSPACED.search(text):
        return _alphabetic(split(text))
    return _alphabetic([word for word in text.split() if _WORD.search(word)])


def _alphabetic(words: Sequence[str]) -> float:
    """Return the share of words that hold a letter; 1 where there are none."""
    return sum(word.isalpha() or any(map(str.isalpha, word)) for word in words) / len(words) if words else 1.0
