"""Choosing seeds: which snippets of a corpus are asked about, in which order, for each discipline.

Documents stand in the order of a hash of their ids, so neither their place in the corpus nor its growth changes which
come first, and what was asked about them is still known for a larger order. Memory grows with the number of requests.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline import seeds
from pipeline.clean import corpus
from pipeline.errors import UserError
from pipeline.label.taxonomy import Language
from pipeline.label.topic_prompt import language_of
from pipeline.recipe_errors import near
from pipeline.synthesize.order import Order
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


@dataclass(frozen=True)
class Chosen:
    """The seeds of each discipline in the order in which they are asked about, and what was left out."""

    seeds: Mapping[str, list[Seed]]
    faults: Mapping[str, int]
    """Reason -> snippets left out among the documents that were looked at."""


def choose(folder: Path, labels: Path | None, order: Order) -> Chosen:
    """Return at most as many seeds a discipline as requests are allowed.

    ``labels`` is the table with the discipline's column. Raises UserError for a discipline that no document has.
    """
    heaps: dict[str, list[tuple[int, str, list[Seed]]]] = {name: [] for name in order.quotas}
    faults, seen = Counter[str](), Counter[str]()
    for discipline, row in _labelled(folder, labels, order):
        seen[discipline] += 1
        heap = heaps.get(discipline)
        if heap is None:
            continue
        rank = -seeds.key(order.seed, "synthesize", row["id"])
        if len(heap) >= order.budget.requests and rank < heap[0][0]:
            continue
        if found := _seeds_of(row, discipline, order, faults):
            push = heapq.heappush if len(heap) < order.budget.requests else heapq.heappushpop
            push(heap, (rank, row["id"], found))
    _refuse_unknown(order, seen)
    return Chosen({name: list(_in_order(heap, order.budget.requests)) for name, heap in heaps.items()}, faults)


def _labelled(folder: Path, labels: Path | None, order: Order) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every document with its discipline."""
    rows = (row for batch in corpus.batches(folder, _COLUMNS) for row in corpus.rows(batch))
    if labels is None:
        (only,) = order.quotas
        yield from ((only, row) for row in rows)
        return
    values = (
        row
        for batch in pq.ParquetFile(labels).iter_batches(columns=["id", order.discipline])
        for row in batch.to_pylist()
    )
    for row, label in zip(rows, values, strict=True):
        if row["id"] != label["id"]:
            raise UserError(f"{labels}: is of another corpus: {label['id']} stands where {folder} has {row['id']}")
        yield str(label[order.discipline]), row


def _seeds_of(row: Mapping[str, Any], discipline: str, order: Order, faults: Counter[str]) -> list[Seed]:
    """Return the document's good snippets, the first few by a hash of where they begin."""
    good: list[tuple[int, Span, str]] = []
    for span in cut(row["text"], order.snippets):
        text = row["text"][span.begin : span.end]
        if why := fault(text, order.snippets):
            faults[why] += 1
        else:
            good.append((seeds.key(order.seed, "snippet", row["id"], span.begin), span, text))
    good.sort(key=lambda each: each[0])
    return [
        Seed(
            row["id"],
            span,
            text,
            discipline,
            language_of(text, row["language"] or ""),
            row["license"] or "",
            row["url"] or "",
        )
        for _, span, text in good[: order.snippets.per_document]
    ]


def _in_order(heap: list[tuple[int, str, list[Seed]]], most: int) -> Iterator[Seed]:
    """Yield the seeds by rank; of equal texts the first."""
    texts: set[str] = set()
    for _, _, found in sorted(heap, key=lambda each: (-each[0], each[1])):
        for seed in found:
            if len(texts) < most and seed.text not in texts:
                texts.add(seed.text)
                yield seed


def _refuse_unknown(order: Order, seen: Mapping[str, int]) -> None:
    unknown = [
        f"quotas.{name}: no document of {order.corpus} is of it{near(name, list(seen))}"
        for name in order.quotas
        if name not in seen
    ]
    if unknown:
        raise UserError("\n".join(unknown))
