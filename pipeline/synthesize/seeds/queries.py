"""Queries made of pages: of each page the words that tell its discipline from the corpus, weighed as in RSJ feedback.

A word's weight is Robertson's and Spärck Jones's relevance weight (1976): with r of R pages of the discipline and n of
N documents of the corpus holding it, log((r + 1/2)(N - n - R + r + 1/2) / ((n - r + 1/2)(R - r + 1/2))).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.synthesize.seeds.index import Index
from pipeline.synthesize.seeds.words import words

COMMON = 2
"""Pages of a discipline that must hold a word for it to be of the discipline, not of a page."""
EVERYDAY = 0.5
"""Share of the corpus's documents from which on a word that they hold tells nothing."""
OFTEN = 2
"""How often a page counts a word at most."""
_PAGE_WORDS = 2000
"""Words of a page, from its beginning, that are looked at."""


@dataclass(frozen=True)
class Query:
    """Words, and where they come from."""

    words: tuple[str, ...]
    page: int | None
    """Place of the page in the corpus; None for keywords of the user's."""


def keyword_queries(texts: Sequence[str]) -> list[Query]:
    """Return a query for each text that the user wrote."""
    return [Query(tuple(dict.fromkeys(words(text))), None) for text in texts]


def page_queries(pages: Mapping[int, str], index: Index, number: int) -> list[Query]:
    """Return a query of ``number`` words for each page (place in the corpus -> text), in the order given.

    Words are chosen by their weight, twice where the page has them again, of equal ones the first in the alphabet; a
    page with none gives no query.
    """
    counted = {row: Counter(words(text)[:_PAGE_WORDS]) for row, text in pages.items()}
    holding = Counter(word for counts in counted.values() for word in counts)
    common = {word for word, pages_with in holding.items() if pages_with >= min(COMMON, len(pages))}
    everywhere = index.frequencies(common)
    weights = {
        word: _weight(holding[word], len(pages), max(everywhere[word], holding[word]), index.documents)
        for word in common
        if everywhere[word] < EVERYDAY * index.documents
    }
    found = []
    for row, counts in counted.items():
        scored = {word: min(count, OFTEN) * weights[word] for word, count in counts.items() if word in weights}
        telling = sorted((word for word in scored if scored[word] > 0), key=lambda word: (-scored[word], word))
        if telling:
            found.append(Query(tuple(telling[:number]), row))
    return found


def _weight(r: int, R: int, n: int, N: int) -> float:  # noqa: N803 - the letters of the formula
    return math.log((r + 0.5) * (max(N - n - R + r, 0) + 0.5) / ((n - r + 0.5) * (R - r + 0.5)))
