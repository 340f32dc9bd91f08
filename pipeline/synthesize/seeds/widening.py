"""Widening: rounds of BM25 queries made from a discipline's pages, whose best answers become its pages.

After Query of CC / Knowledge Pile (arXiv 2401.14624). An answer counts by the sum of its reciprocal ranks over the
queries of a discipline; a document that several disciplines find is the one's with the largest sum.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline import seeds
from pipeline.synthesize.seeds.index import Index
from pipeline.synthesize.seeds.pages import Pages
from pipeline.synthesize.seeds.queries import Query, keyword_queries, page_queries
from pipeline.synthesize.seeds.settings import Widening

FILE = "queries.jsonl"


@dataclass(frozen=True)
class Asked:
    """A query as it was asked."""

    round: int
    discipline: str
    query: Query
    answers: int

    @property
    def line(self) -> str:
        """A line of ``queries.jsonl``."""
        told = {"round": self.round, "discipline": self.discipline, "words": " ".join(self.query.words)}
        return json.dumps({**told, "page": self.query.page, "answers": self.answers}, ensure_ascii=False) + "\n"


def widen(
    pages: Pages,
    index: Index,
    settings: Widening,
    seed: int,
    texts: Callable[[Sequence[int]], Mapping[int, str]],
    hosts: Callable[[int], str],
) -> Iterator[Asked]:
    """Find pages, round after round, and yield every query; ``texts`` reads documents, ``hosts`` names their hosts."""
    fresh = {name: [int(row) for row in pages.rows(name)] for name in pages.disciplines}
    for number in range(1, settings.rounds + 1):
        sums = {}
        for name in pages.disciplines:
            own = settings.keywords.get(name, ()) if number == 1 else ()
            chosen = sorted(fresh[name], key=lambda row: (seeds.key(seed, "query", row), row))[: settings.queries]
            queries = [*keyword_queries(own), *page_queries(texts(chosen), index, settings.words)]
            answers = index.search([query.words for query in queries], settings.depth)
            yield from (Asked(number, name, q, len(found)) for q, found in zip(queries, answers, strict=True))
            sums[name] = _sums(answers, pages, min(settings.agreeing, len(queries)))
        fresh = _won(sums, pages, settings, hosts)


def _sums(answers: Sequence[Sequence[int]], pages: Pages, agreeing: int) -> dict[int, float]:
    """Return new page -> sum of its reciprocal ranks, of those that enough queries found."""
    sums, times = defaultdict[int, float](float), Counter[int]()
    for found in answers:
        for rank, row in enumerate(found, start=1):
            if not pages.is_found(row):
                sums[row] += 1 / rank
                times[row] += 1
    return {row: total for row, total in sums.items() if times[row] >= agreeing}


def _won(
    sums: Mapping[str, Mapping[int, float]], pages: Pages, settings: Widening, hosts: Callable[[int], str]
) -> dict[str, list[int]]:
    """Give each new page to a discipline and return discipline -> its new pages."""
    best: dict[int, tuple[float, str]] = {}
    for name in sorted(sums):
        for row, total in sums[name].items():
            if row not in best or total > best[row][0]:
                best[row] = (total, name)
    won: dict[str, list[int]] = {name: [] for name in sums}
    taken = Counter[tuple[str, str]]()
    for row, (_, name) in sorted(best.items(), key=lambda item: (-item[1][0], item[0])):
        place = (name, hosts(row))
        if len(won[name]) < settings.keep and (not place[1] or taken[place] < settings.per_host):
            taken[place] += 1
            won[name].append(row)
            pages.find(row, name, "query")
    return won
