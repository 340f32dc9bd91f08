"""Recall: a fastText classifier of the pages found so far against a sample of the rest, which finds more like them.

The rest holds pages of the disciplines too: those are what is looked for. So a page of the rest is not taken for wrong
because it was not found before. How many of the rest are a discipline's is estimated from the top of their ranking,
where it is purest (best bin estimation, Garg et al., arXiv 2111.00980), and precision follows from that number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline import seeds
from pipeline.label.classifier import Classifier
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
    chosen = _examples(pages, settings, seed)
    if len(chosen) < 2 or REST not in chosen:
        return {name: {"examples": 0, "least_probability": None, "found": 0} for name in pages.disciplines}
    read = texts([row for rows in chosen.values() for row in rows])
    contents = [read[row] for rows in chosen.values() for row in rows]
    names = [name for name, rows in chosen.items() for _ in rows]
    judged = _judged(contents, names, settings, seed, scratch)
    is_of = {name: np.array([each == name for each in names]) for name in chosen}
    bounds = {
        name: bound(judged[name][is_of[name]], judged[name][is_of[REST]], settings) for name in chosen if name != REST
    }
    classifier = settings.classifier.train(contents, names, scratch, scratch, seed)
    # The classifier has learned that these are none; what is said of them is what it said without having seen them.
    begin = len(names) - len(chosen[REST])
    own = {row: {name: judged[name][begin + i] for name in bounds} for i, row in enumerate(chosen[REST])}
    found = _take(pages, classifier, {name: low for name, low in bounds.items() if low is not None}, own, rest)
    return {
        name: {"examples": len(chosen[name]), "least_probability": low and round(low, 6), "found": found.get(name, 0)}
        for name, low in bounds.items()
    }


def _judged(contents: list[str], names: list[str], settings: Recall, seed: int, scratch: Path) -> dict[str, Numbers]:
    """Return class -> each text's probability of it, by a classifier that has not seen the text."""
    folds = seeds.generator(seed, "recall", "folds").permutation(len(names)) % settings.folds
    found: dict[str, Numbers] = {name: np.zeros(len(names), dtype=np.float64) for name in set(names)}
    for fold in range(settings.folds):
        seen, unseen = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        classifier = settings.classifier.train(
            [contents[i] for i in seen], [names[i] for i in seen], scratch, scratch, seed
        )
        chances = classifier.probabilities([contents[i] for i in unseen])
        for place, name in enumerate(classifier.classes):
            found[name][unseen] = chances[:, place]
    return found


def bound(own: Numbers, rest: Numbers, settings: Recall) -> float | None:
    """Return the smallest probability from which on the precision holds, judged by enough pages; None without one.

    ``own`` are the probabilities of pages of the discipline, ``rest`` those of pages of the rest. The share of
    ``own`` above a bound is the share of the discipline's pages in the rest that lie above it, if those found before
    were found by chance.
    """
    own = np.sort(own)[::-1]
    # Of equal probabilities all are taken or none.
    last = np.flatnonzero(np.append(np.diff(own) != 0, True))
    last = last[last + 1 >= settings.support]
    above = np.searchsorted(np.sort(rest), own[last], "left")
    taken, share = len(rest) - above, (last + 1) / len(own)
    last, taken, share = last[taken > 0], taken[taken > 0], share[taken > 0]
    if not len(taken):
        return None
    # Few pages tell little: the upper end of what their number may stand for is compared.
    purest = np.argmin((taken + np.sqrt(taken)) / share)
    hidden = taken[purest] / share[purest]
    good = np.flatnonzero(hidden * share >= settings.precision * taken)
    return float(own[last[good[-1]]])


def _examples(pages: Pages, settings: Recall, seed: int) -> dict[str, list[int]]:
    """Return class -> the places of its examples, by hashes; small classes are left out."""
    everything = {name: pages.rows(name) for name in pages.disciplines}
    everything[REST] = pages.unfound()
    big = {name: rows for name, rows in everything.items() if len(rows) >= 2 * settings.support}
    chosen = {}
    for name, rows in big.items():
        turns = seeds.generator(seed, "recall", name).permutation(len(rows))[: settings.examples]
        chosen[name] = [int(row) for row in np.sort(rows[turns])]
    return chosen


def _take(
    pages: Pages,
    classifier: Classifier,
    bounds: Mapping[str, float],
    judged: Mapping[int, Mapping[str, float]],
    rest: Callable[[], Iterator[tuple[list[int], list[str]]]],
) -> dict[str, int]:
    """Note every page of the rest that is above the bound of a discipline, for the likeliest of these."""
    found = dict.fromkeys(bounds, 0)
    for rows, contents in rest():
        chances = classifier.probabilities(contents)
        for row, said in zip(rows, chances, strict=True):
            own = judged.get(row) or dict(zip(classifier.classes, said.tolist(), strict=True))
            sure = {name: own[name] for name, low in bounds.items() if own[name] >= low}
            if sure:
                name = max(sure, key=lambda name: sure[name])
                pages.find(row, name, "recall")
                found[name] += 1
    return found
