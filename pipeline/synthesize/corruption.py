"""Corruption: questions whose solutions are spoilt on purpose, to measure how much wrongness training bears.

The harness behind the robustness experiment of Llama-3-SynE (arXiv 2407.18743, tuning with TinyLlama); the paper does
not say how it corrupted, these three ways are ours. Each document's fate depends on its own id and the seed alone, so
what is spoilt at a low rate is spoilt in the same way at every higher one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline import seeds
from pipeline.synthesize.candidate import Pair

Way = Literal["numbers_replaced", "answers_swapped", "sentences_deleted"]
WAYS: tuple[Way, ...] = ("numbers_replaced", "answers_swapped", "sentences_deleted")
DELETED = 0.3
"""Share of a solution's sentences that are deleted, at least one."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SENTENCE = re.compile(r"[^.!?。！？\n]*(?:\.(?=\d)[^.!?。！？\n]*)*(?:[.!?。！？]+[ \t]*|\n+|\Z)")


@dataclass(frozen=True)
class Corruptible:
    """A document that may be spoilt."""

    id: str
    group: str
    """Its discipline: solutions are swapped inside one."""
    pair: Pair


def corrupt(
    documents: Sequence[Corruptible], rate: float, seed: int, ways: Sequence[Way] = WAYS
) -> list[tuple[Pair, Way | None]]:
    """Return every pair in order with the way in which it was spoilt, or None where it was left alone.

    Exactly ``round(rate * len(documents))`` are chosen. A way that cannot apply (no number, no other solution in the
    group, one sentence) gives place to the next; a document to which none applies stays as it is, and so is None.
    Raises ValueError for a rate outside 0 to 1.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"rate: found {rate}, allowed is 0 to 1")
    ranked = sorted(documents, key=lambda each: (seeds.key(seed, "corrupt", each.id), each.id))
    chosen = {each.id for each in ranked[: round(rate * len(documents))]}
    groups: dict[str, set[str]] = {}
    for each in documents:
        groups.setdefault(each.group, set()).add(each.pair.solution)
    solutions = {group: sorted(members) for group, members in groups.items()}
    return [_spoilt(each, seed, ways, solutions) if each.id in chosen else (each.pair, None) for each in documents]


def _spoilt(
    document: Corruptible, seed: int, ways: Sequence[Way], solutions: Mapping[str, Sequence[str]]
) -> tuple[Pair, Way | None]:
    draw = seeds.generator(seed, "corrupt", document.id, "way")
    first = int(draw.integers(len(ways)))
    for way in (*ways[first:], *ways[:first]):
        if way == "numbers_replaced":
            spoilt = _other_numbers(document.pair.solution, draw)
        elif way == "answers_swapped":
            spoilt = _other_solution(document, solutions[document.group], draw)
        else:
            spoilt = _fewer_sentences(document.pair.solution, draw)
        if spoilt != document.pair.solution:
            return Pair(document.pair.question, spoilt), way
    return document.pair, None


def _other_numbers(solution: str, draw: np.random.Generator) -> str:
    """Replace every number by another one with as many digits before and after the point."""
    return _NUMBER.sub(lambda found: _other_number(found[0], draw), solution)


def _other_number(written: str, draw: np.random.Generator) -> str:
    whole, point, decimals = written.partition(".")
    while True:
        digits = [str(draw.integers(1 if i == 0 and len(whole) > 1 else 0, 10)) for i in range(len(whole))]
        other = "".join(digits) + point + "".join(str(draw.integers(10)) for _ in decimals)
        if other != written:
            return other


def _other_solution(document: Corruptible, solutions: Sequence[str], draw: np.random.Generator) -> str:
    """Return another of the different solutions, or the document's own where there is no other."""
    place = int(draw.integers(len(solutions)))
    return solutions[place] if solutions[place] != document.pair.solution else solutions[place - 1]


def _fewer_sentences(solution: str, draw: np.random.Generator) -> str:
    sentences = [sentence for sentence in _SENTENCE.findall(solution) if sentence]
    if len(sentences) < 2:
        return solution
    count = min(max(round(DELETED * len(sentences)), 1), len(sentences) - 1)
    deleted = set(draw.choice(len(sentences), count, replace=False).tolist())
    return "".join(sentence for i, sentence in enumerate(sentences) if i not in deleted).rstrip()
