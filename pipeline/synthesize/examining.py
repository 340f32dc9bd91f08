"""Examining an answer by itself: its pairs, and for each the first check that turns it away, or what it is compared by.

It depends on the answer and its request alone, so it can be done beside the asking, by as many processes as there are.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.clean.deduplication import MinHash
from pipeline.clean.filter import Rejection
from pipeline.label.taxonomy import Language
from pipeline.synthesize.candidate import Candidate, Family, Pair
from pipeline.synthesize.check_list import AnyCheck
from pipeline.synthesize.family_list import FAMILIES
from pipeline.synthesize.near_duplicates import Likeness, likeness

Examined = Rejection | list[tuple[Pair, Rejection | Likeness]]
"""Why there is no pair, else every pair with why it is turned away, or with what it is compared by."""


@dataclass(frozen=True)
class Rules:
    """What is wanted of every pair."""

    checks: tuple[AnyCheck, ...]
    copies: MinHash


@dataclass(frozen=True)
class Asked:
    """What an answer is held against."""

    snippet: str
    language: Language
    family: Family


def examine(rules: Rules, asked: Asked, answer: str) -> Examined:
    """Return the pairs of an answer with what the checks say of them."""
    found = FAMILIES[asked.family].pairs(answer, asked.snippet, asked.language)
    if isinstance(found, Rejection):
        return found
    return [(pair, _fault(rules, asked, pair) or likeness(pair, rules.copies)) for pair in found]


def _fault(rules: Rules, asked: Asked, pair: Pair) -> Rejection | None:
    candidate = Candidate(pair, asked.snippet, asked.language, asked.family)
    return next((why for check in rules.checks if (why := check.reject(candidate))), None)


def begin(rules: Rules) -> None:
    """Tell a worker process the rules."""
    global _rules  # noqa: PLW0603
    _rules = rules


def examine_here(asked: Asked, answer: str) -> Examined:
    """Examine in a worker process that has begun."""
    assert _rules is not None
    return examine(_rules, asked, answer)


_rules: Rules | None = None
"""Of this worker process."""
