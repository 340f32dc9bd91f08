"""Recall: a fastText classifier of the pages found so far against a sample of the rest, which finds more like them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline import seeds
from pipeline.label.classifier import Classifier
from pipeline.label.held_out import held_out
from pipeline.synthesize.seeds.pages import Pages
from pipeline.synthesize.seeds.settings import Recall

REST = "-"
"""The class of pages that were not found; no discipline is called so."""
Numbers = npt.NDArray[np.float64]
Texts = Callable[[Sequence[int]], Mapping[int, str]]


def recall(
    pages: Pages,
    settings: Recall,
    seed: int,
    texts: Texts,
    rest: Callable[[], Iterator[tuple[list[int], list[str]]]],
    scratch: Path,
) -> Mapping[str, Any]:
    """Find the pages that the classifier is sure of; return what was learned from what, by discipline.

    ``texts`` reads documents by place, ``rest`` yields batches of places and texts of pages that were not found.
    """
    chosen, sizes = _examples(pages, settings, seed)
    if len(chosen) < 2 or REST not in chosen:
        return {name: {"examples": 0, "least_probability": None, "found": 0} for name in pages.disciplines}
    read = texts([row for rows in chosen.values() for row in rows])
    rows = [(row, name) for name, own in chosen.items() for row in own]
    contents, names = [read[row] for row, _ in rows], [name for _, name in rows]
    ids = [str(row) for row, _ in rows]
    out = held_out(ids, contents, names, settings.held_out, seed)
    learned = np.flatnonzero(~out)
    classifier = settings.classifier.train(
        [contents[i] for i in learned], [names[i] for i in learned], scratch, scratch, seed
    )
    judged = np.flatnonzero(out)
    said, sure = classifier.most_likely([contents[i] for i in judged])
    held = np.array([names[i] for i in judged])
    weights = np.array([sizes[name] / np.sum(held == name) for name in held])
    bounds = {}
    for name in chosen:
        if name != REST:
            mine = np.array([each == name for each in said], dtype=bool)
            bounds[name] = bound(sure[mine].astype(np.float64), (held == name)[mine], weights[mine], settings)
    found = _take(pages, classifier, {name: low for name, low in bounds.items() if low is not None}, rest)
    return {
        name: {"examples": len(chosen[name]), "least_probability": low and round(low, 6), "found": found.get(name, 0)}
        for name, low in bounds.items()
    }


def bound(chances: Numbers, is_right: npt.NDArray[np.bool_], weights: Numbers, settings: Recall) -> float | None:
    """Return the smallest probability from which on the precision holds, judged by enough pages; None without one.

    ``chances`` are those of held-out pages that were taken for the discipline, and ``weights`` the number of pages of
    the corpus that each of them stands for.
    """
    order = np.argsort(-chances, kind="stable")
    right = np.cumsum((weights * is_right)[order])
    precision = right / np.cumsum(weights[order])
    # Of equal probabilities all are taken or none.
    last = np.append(np.diff(chances[order]) != 0, True)
    good = np.flatnonzero((precision >= settings.precision) & last & (np.arange(len(order)) + 1 >= settings.support))
    return float(chances[order[good[-1]]]) if len(good) else None


def _examples(pages: Pages, settings: Recall, seed: int) -> tuple[dict[str, list[int]], dict[str, int]]:
    """Return class -> the places of its examples, by hashes, and class -> all its pages; small classes are left out."""
    everything = {name: pages.rows(name) for name in pages.disciplines}
    everything[REST] = pages.unfound()
    big = {name: rows for name, rows in everything.items() if len(rows) >= settings.support / settings.held_out}
    chosen = {}
    for name, rows in big.items():
        turns = seeds.generator(seed, "recall", name).permutation(len(rows))[: settings.examples]
        chosen[name] = [int(row) for row in np.sort(rows[turns])]
    return chosen, {name: len(rows) for name, rows in big.items()}


def _take(
    pages: Pages,
    classifier: Classifier,
    bounds: Mapping[str, float],
    rest: Callable[[], Iterator[tuple[list[int], list[str]]]],
) -> dict[str, int]:
    """Note every page of the rest whose likeliest discipline is sure enough."""
    found = dict.fromkeys(bounds, 0)
    for rows, contents in rest():
        names, chances = classifier.most_likely(contents)
        for row, name, chance in zip(rows, names, chances, strict=True):
            if name is not None and name in bounds and chance >= bounds[name]:
                pages.find(row, name, "recall")
                found[name] += 1
    return found
