"""Choosing seeds: which snippets of a corpus are asked about, in which order, for each discipline and level.

Documents stand in the order of a hash of their ids, so neither their place in the corpus nor its growth changes which
come first, and what was asked about them is still known for a larger order. Memory grows by a few numbers a request and
a few bytes a document: texts lie on disk until they are asked about.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pipeline import seeds
from pipeline.label.topic_prompt import language_of
from pipeline.synthesize.order import Order
from pipeline.synthesize.seed import Seed
from pipeline.synthesize.seed_file import SeedFile
from pipeline.synthesize.seeds.columns import Labelled
from pipeline.synthesize.seeds.finding import Finding
from pipeline.synthesize.seeds.levels import Levels, asked_level
from pipeline.synthesize.seeds.pages import Pages
from pipeline.synthesize.seeds.practice import last_losses, practised, rank, too_hard
from pipeline.synthesize.seeds.quotas import cell_of, cells
from pipeline.synthesize.seeds.settings import Asked, ByColumn, Documents, Slices
from pipeline.synthesize.snippets import cut, fault

_FILE = "seeds.jsonl"
_COLUMNS = ("id", "text", "language", "license", "url")


class Seeds(Protocol):
    """Seeds in the order in which they are asked about."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Seed]: ...


@dataclass(frozen=True)
class Chosen:
    """The seeds of each cell in the order in which they are asked about, and what was left out."""

    seeds: Mapping[str, Seeds]
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
    """Folder for what the choosing needs, and for the seeds until they have been asked about."""
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
    with SeedFile(around.scratch / _FILE) as file:
        return _Choosing(order, around.labelled, pages, file).run(quotas, finding.told)


class _Choosing:
    """The pass over the corpus that cuts snippets and keeps the first of each cell."""

    def __init__(self, order: Order, labelled: Labelled, pages: Pages, file: SeedFile) -> None:
        self._order, self._labelled, self._pages, self._file = order, labelled, pages, file
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
        heaps: dict[str, list[tuple[float, int, int, int]]] = {cell: [] for cell in quotas}
        for row, document in enumerate(self._labelled.rows(_COLUMNS)):
            discipline = self._pages.discipline(row)
            if discipline is None or (placed := self._placed(row, document["id"], discipline)) is None:
                continue
            level, worth, turn = placed
            heap = heaps.get(cell_of(discipline, level))
            if heap is None or (len(heap) >= most and (worth, turn) < heap[0][:2]):
                continue
            if found := self._seeds_of(document, discipline, level, self._pages.how(row)):
                entry = (worth, turn, self._file.add(found), len(found))
                if len(heap) < most:
                    heapq.heappush(heap, entry)
                else:
                    heapq.heapreplace(heap, entry)
        if self._levels:
            told = {**told, "level_edges": {name: list(edges) for name, edges in self._levels.edges.items()}}
        chosen = {}
        for cell, heap in heaps.items():
            heap.sort(reverse=True)
            chosen[cell] = self._file.chosen(((begin, count) for *_, begin, count in heap), most)
        return Chosen(chosen, quotas, self._faults, told)

    def _placed(self, row: int, id: str, discipline: str) -> tuple[str | None, float, int] | None:
        """Return a document's level, and two numbers by which larger ones come first; None for one that is left out."""
        level: str | None = None
        if self._levels is not None:
            if (level := self._levels.of(row, discipline)) is None:
                self._faults["no_difficulty"] += 1
                return None
        elif isinstance(self._order.difficulty, Asked):
            level = asked_level(self._order.prompts, self._order.seed, id)
        key = seeds.key(self._order.seed, "synthesize", id)
        if self._losses is None:
            return level, 0.0, -key
        loss, practice = float(self._losses[row]), self._order.seeds.practice
        assert isinstance(practice, Documents)
        if loss != loss or loss >= self._bounds[discipline]:
            self._faults["no_loss" if loss != loss else "too_hard"] += 1
            return None
        return level, rank(key, loss, practice), -key

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
