"""Givens: turns away worked solutions without the numbers of their question, as those of other questions are."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from curricula.settings import Share
from pipeline.synthesize.checks.check import Candidate, Check, Rejection
from pipeline.synthesize.checks.numbers import numbers

_EVERYWHERE = (0.0, 1.0, 2.0)


class Givens(Check):
    """Looks for the question's different numbers, but 0, 1 and 2, in the solution."""

    kind: Literal["givens"] = "givens"
    fewest: int = Field(default=2, ge=1)
    """Questions with fewer numbers are left alone: one number may well be told in words."""
    used: Share = 0.25
    """Least share of them that the solution has."""

    def reject(self, candidate: Candidate) -> Rejection | None:
        """Check an exercise; answers to other questions need no number."""
        if candidate.aim != "exercise":
            return None
        given = set(map(float, numbers(candidate.pair.question))) - {*_EVERYWHERE}
        used = given & set(map(float, numbers(candidate.pair.solution)))
        if len(given) >= self.fewest and len(used) < self.used * len(given):
            found = f"{len(used)} of {len(given)} numbers of the question are in the solution"
            return Rejection("givens_unused", found, f"a share of at least {self.used}")
        return None
