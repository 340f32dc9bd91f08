"""Examining an answer by itself: its pairs, and for each the first check that turns it away.

It depends on the answer and its request alone, so it can be done beside the asking, by as many processes as there are.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.clean.filter import Rejection
from pipeline.label.taxonomy import Language
from pipeline.synthesize.candidate import Candidate, Family, Pair
from pipeline.synthesize.check_list import AnyCheck
from pipeline.synthesize.family_list import FAMILIES

Examined = Rejection | list[tuple[Pair, Rejection | None]]
"""Why there is no pair, else every pair with why it is turned away, None where it is not."""


@dataclass(frozen=True)
class Asked:
    """What an answer is held against."""

    snippet: str
    language: Language
    family: Family


def examine(checks: tuple[AnyCheck, ...], asked: Asked, answer: str) -> Examined:
    """Return the pairs of an answer with what the checks say of them."""
    found = FAMILIES[asked.family].pairs(answer, asked.snippet, asked.language)
    if isinstance(found, Rejection):
        return found
    return [(pair, _fault(checks, asked, pair)) for pair in found]


def _fault(checks: tuple[AnyCheck, ...], asked: Asked, pair: Pair) -> Rejection | None:
    candidate = Candidate(pair, asked.snippet, asked.language, asked.family)
    return next((why for check in checks if (why := check.reject(candidate))), None)


def begin(checks: tuple[AnyCheck, ...]) -> None:
    """Tell a worker process the checks."""
    global _checks  # noqa: PLW0603
    _checks = checks


def examine_here(asked: Asked, answer: str) -> Examined:
    """Examine in a worker process that has begun."""
    return examine(_checks, asked, answer)


_checks: tuple[AnyCheck, ...] = ()
"""Of this worker process."""
