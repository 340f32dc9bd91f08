"""Copying: turns away what repeats the snippet word for word, which would train it twice under another name.

A definition of one short sentence can hardly be said in other words, so what is shorter than two n-grams may be a copy.
"""

from __future__ import annotations

from typing import Literal

from curricula.settings import Share
from pipeline.clean.units import split
from pipeline.synthesize.checks.check import Candidate, Check, Rejection


class Copied(Check):
    """Counts n-grams of words, or of characters in Chinese, that are the snippet's."""

    kind: Literal["copied"] = "copied"
    ngram: dict[str, int] = {"en": 8, "zh": 13}
    """Language -> words or characters in a row that no two writers choose by chance."""
    shared: Share = 0.4
    """Greatest share of the n-grams of the question, or of the solution, that the snippet has."""

    def reject(self, candidate: Candidate) -> Rejection | None:
        """Check the question, then the solution."""
        if candidate.aim == "induction":
            return None  # its solution is the snippet's function
        n = self.ngram[candidate.language]
        known = _ngrams(candidate.snippet, n)
        for name, text in (("question", candidate.pair.question), ("solution", candidate.pair.solution)):
            if len(split(text)) < 2 * n:
                continue
            own = _ngrams(text, n)
            share = len(own & known) / len(own)
            if share > self.shared:
                return Rejection(
                    "copied", f"{name}: {share:.2f} of {n}-grams are the snippet's", f"at most {self.shared}"
                )
        return None


def _ngrams(text: str, n: int) -> set[tuple[str, ...]]:
    units = split(text.casefold())
    return {units[i : i + n] for i in range(len(units) - n + 1)}
