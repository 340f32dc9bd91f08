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
from pipeline.synthesize.blocks import sentence_ends
from pipeline.synthesize.candidate import Pair
from pipeline.synthesize.replaced_numbers import other_numbers

Way = Literal["numbers_replaced", "answers_swapped", "sentences_deleted"]
WAYS: tuple[Way, ...] = ("numbers_replaced", "answers_swapped", "sentences_deleted")
DELETED = 0.3
"""Share of a solution's sentences that are deleted, at least one."""
_LINE_END = re.compile(r"\n+")
_SAYS_SOMETHING = re.compile(r"[^\W\d_]{2}|[\u3400-\u9fff]|=")


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

    Exactly ``round(rate * len(documents))`` are spoilt, or all that can be where these are fewer. A way that cannot
    apply (no number, no other solution in the group, one sentence) gives place to the next; a document to which none
    applies stays as it is, and another one is spoilt in its stead. Raises ValueError for a rate outside 0 to 1.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"rate: found {rate}, allowed is 0 to 1")
    ranked = sorted(documents, key=lambda each: (seeds.key(seed, "corrupt", each.id), each.id))
    groups: dict[str, set[str]] = {}
    for each in documents:
        groups.setdefault(each.group, set()).add(each.pair.solution)
    solutions = {group: sorted(members) for group, members in groups.items()}
    wanted, spoilt = round(rate * len(documents)), dict[str, tuple[Pair, Way]]()
    for each in ranked:
        if len(spoilt) < wanted and (found := _spoilt(each, seed, ways, solutions)):
            spoilt[each.id] = found
    return [spoilt.get(each.id, (each.pair, None)) for each in documents]


def _spoilt(
    document: Corruptible, seed: int, ways: Sequence[Way], solutions: Mapping[str, Sequence[str]]
) -> tuple[Pair, Way] | None:
    """Return the pair spoilt and in which way; None where no way applies."""
    draw = seeds.generator(seed, "corrupt", document.id, "way")
    first = int(draw.integers(len(ways)))
    for way in (*ways[first:], *ways[:first]):
        if way == "numbers_replaced":
            spoilt = other_numbers(document.pair.solution, draw)
        elif way == "answers_swapped":
            spoilt = _other_solution(document, solutions[document.group], draw)
        else:
            spoilt = _fewer_sentences(document.pair.solution, draw)
        if spoilt != document.pair.solution:
            return Pair(document.pair.question, spoilt), way
    return None


def _other_solution(document: Corruptible, solutions: Sequence[str], draw: np.random.Generator) -> str:
    """Return another of the different solutions, or the document's own where there is no other."""
    place = int(draw.integers(len(solutions)))
    return solutions[place] if solutions[place] != document.pair.solution else solutions[place - 1]


def _fewer_sentences(solution: str, draw: np.random.Generator) -> str:
    sentences = _sentences(solution)
    if len(sentences) < 2:
        return solution
    count = min(max(round(DELETED * len(sentences)), 1), len(sentences) - 1)
    deleted = set(draw.choice(len(sentences), count, replace=False).tolist())
    return "".join(sentence for i, sentence in enumerate(sentences) if i not in deleted).strip()


def _sentences(text: str) -> list[str]:
    """Return sentences and lines, each with the white space before it; a mark that counts steps is none."""
    ends = sorted({*sentence_ends(text), *(match.end() for match in _LINE_END.finditer(text)), len(text)})
    sentences: list[str] = []
    begin = 0
    for end in ends:
        if _SAYS_SOMETHING.search(text, begin, end):
            sentences.append(text[begin:end])
            begin = end
    return [*sentences[:-1], sentences[-1] + text[begin:]] if sentences else [text]
