"""Choosing seeds: which snippets of a corpus are asked about, in which order, for each discipline and level.

Documents stand in the order of a hash of their ids, so neither their place in the corpus nor its growth changes which
come first, and what was asked about them is still known for a larger order. Memory grows with the number of requests,
and by a few bytes a document.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline import seeds
from pipeline.label.taxonomy import Language
from pipeline.label.topic_prompt import language_of
from pipeline.synthesize.order import Order
from pipeline.synthesize.seeds.columns import Labelled
from pipeline.synthesize.seeds.finding import Finding
from pipeline.synthesize.seeds.levels import Levels, asked_level
from pipeline.synthesize.seeds.pages import Pages
from pipeline.synthesize.seeds.practice import last_losses, practised, rank, too_hard
from pipeline.synthesize.seeds.quotas import cell_of, cells
from pipeline.synthesize.seeds.settings import Asked, ByColumn, Documents, Slices
from pipeline.synthesize.snippets import Span, cut, fault

_COLUMNS = ("id", "text", "language", "license", "url")


@dataclass(frozen=True)
class Seed:
    """A snippet to ask about."""

    document: str
    span: Span
    text: str
    discipline: str
    language: Language
    license: str
    url: str
    level: str | None = None
    """How difficult the page is, or the question is to be."""
    found_by: str = "label"
    """How its page was found: one of `pipeline.synthesize.seeds.pages.WAYS`."""


@dataclass(frozen=True)
class Chosen:
    """The seeds of each cell in the order in which they are asked about, and what was left out."""

    seeds: Mapping[str, list[Seed]]
    """Cell (a discipline, or ``discipline/level``) -> seeds."""
    quotas: Mapping[str, int]
    """Cell -> tokens wanted."""
    faults: Mapping[str, int]
    """Reason -> snippets, and documents of a discipline, left out among those that were looked at."""
    told: Mapping[str, Any] = field(default_factory=dict)
    """How pages were found, for the manifest."""


@dataclass(frozen=True)
class Around:
    """What seeds are chosen from, and where what is learned on the way is written."""

    labelled: Labelled
    """The corpus and the tables of the columns that the order names."""
    draft: Path
    """Folder for ``hosts.yaml`` and ``queries.jsonl``."""
    scratch: Path
    """Folder for what only the choosing needs."""
    data: Path = Path()
    """Folder at which the order's relative paths start."""
    run: Path | None = None
    """Folder of the run that the order names."""


def choose(order: Order, around: Around) -> Chosen:
    """Return at most as many seeds a cell as requests are allowed.

    Raises UserError for a discipline that no document has, and for a mistake in the list of hosts.
    """
    finding = Finding(order, around.labelled, around.data, around.draft, around.scratch)
    pages = finding.run()
    quotas = cells(order.quotas)
    if isinstance(practice := order.seeds.practice, Slices):
        assert around.run is not None, "an order that names a run is given its folder"
        quotas = practised(quotas, practice, last_losses(around.run, practice))
    return _Choosing(order, around.labelled, pages).run(quotas, finding.told)


class _Choosing:
    """The pass over the corpus that cuts snippets and keeps the first of each cell."""

    def __init__(self, order: Order, labelled: Labelled, pages: Pages) -> None:
        self._order, self._labelled, self._pages = order, labelled, pages
        self._faults = Counter[str]()
        self._levels = self._losses = None
        if isinstance(difficulty := order.difficulty, ByColumn):
            values = labelled.numbers(difficulty.column)
            self._levels = Levels(difficulty, values, pages)
        if isinstance(practice := order.seeds.practice, Documents):
            self._losses = labelled.numbers(practice.column)
            self._bounds = {n: too_hard(self._losses[pages.rows(n)], practice) for n in pages.disciplines}

    _levels: Levels | None
    _losses: npt.NDArray[np.float32] | None

    def run(self, quotas: Mapping[str, int], told: dict[str, Any]) -> Chosen:
        """Read the corpus once."""
        most = self._order.budget.requests
        heaps: dict[str, list[tuple[float, str, list[Seed]]]] = {cell: [] for cell in quotas}
        for row, document in enumerate(self._labelled.rows(_COLUMNS)):
            discipline = self._pages.discipline(row)
            if discipline is None or (placed := self._placed(row, document["id"], discipline)) is None:
                continue
            level, first = placed
            heap = heaps.get(cell_of(discipline, level))
            if heap is None or (len(heap) >= most and first < heap[0][0]):
                continue
            if found := self._seeds_of(document, discipline, level, self._pages.how(row)):
                push = heapq.heappush if len(heap) < most else heapq.heappushpop
                push(heap, (first, document["id"], found))
        if self._levels:
            told = {**told, "level_edges": {name: list(edges) for name, edges in self._levels.edges.items()}}
        return Chosen({cell: list(_in_order(heap, most)) for cell, heap in heaps.items()}, quotas, self._faults, told)

    def _placed(self, row: int, id: str, discipline: str) -> tuple[str | None, float] | None:
        """Return a document's level, and a number by which larger ones come first; None for one that is left out."""
        level: str | None = None
        if self._levels is not None:
            if (level := self._levels.of(row, discipline)) is None:
                self._faults["no_difficulty"] += 1
                return None
        elif isinstance(self._order.difficulty, Asked):
            level = asked_level(self._order.prompts, self._order.seed, id)
        key = seeds.key(self._order.seed, "synthesize", id)
        if self._losses is None:
            return level, -key
        loss, practice = float(self._losses[row]), self._order.seeds.practice
        assert isinstance(practice, Documents)
        if loss != loss or loss >= self._bounds[discipline]:
            self._faults["no_loss" if loss != loss else "too_hard"] += 1
            return None
        return level, rank(key, loss, practice)

    def _seeds_of(self, row: Mapping[str, Any], discipline: str, level: str | None, how: str) -> list[Seed]:
        """Return the document's good snippets, the first few by a hash of where they begin."""
        bounds, good = self._order.snippets, []
        for span in cut(row["text"], bounds):
            text = row["text"][span.begin : span.end]
            if why := fault(text, bounds):
                self._faults[why] += 1
            else:
                good.append((seeds.key(self._order.seed, "snippet", row["id"], span.begin), span, text))
        good.sort(key=lambda each: each[0])
        spoken, license, url = (row[name] or "" for name in ("language", "license", "url"))
        return [
            Seed(row["id"], span, text, discipline, language_of(text, spoken), license, url, level, how)
            for _, span, text in good[: bounds.per_document]
        ]


def _in_order(heap: list[tuple[float, str, list[Seed]]], most: int) -> Iterator[Seed]:
    """Yield the seeds by rank; of equal texts the first."""
    texts: set[str] = set()
    for _, _, found in sorted(heap, key=lambda each: (-each[0], each[1])):
        for seed in found:
            if len(texts) < most and seed.text not in texts:
                texts.add(seed.text)
                yield seed
