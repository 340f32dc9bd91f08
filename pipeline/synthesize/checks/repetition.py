"""Repetition: turns away answers that say the same again and again, as a model ends that has lost its thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from curricula.settings import Share
from pipeline.clean.units import split
from pipeline.synthesize.checks.check import Candidate, Check, Rejection
from pipeline.synthesize.code_text import prose


class Repetition(Check):
    """Counts n-grams of words, or of characters in Chinese, that occurred before."""

    kind: Literal["repetition"] = "repetition"
    ngram: dict[str, int] = {"en": 4, "zh": 8}
    """Language -> words or characters in a row."""
    repeated: Share = 0.3
    """Greatest share of n-grams that occurred before."""
    lines: int = Field(default=3, ge=1)
    """How often one line may occur."""

    def reject(self, candidate: Candidate) -> Rejection | None:
        """Check the lines, then the n-grams of the solution."""
        solution = prose(candidate.pair.solution)
        lines = [line.strip() for line in solution.splitlines() if len(line.strip()) > 1]
        most = max(map(lines.count, set(lines)), default=0) if len(lines) < 1000 else len(lines) - len(set(lines))
        if most > self.lines:
            return Rejection("repeated_line", f"one line {most} times", f"at most {self.lines}")
        share = repeated_share(split(solution), self.ngram[candidate.language])
        if share > self.repeated:
            return Rejection("repetition", f"{share:.2f} of n-grams occurred before", f"at most {self.repeated}")
        return None


def repeated_share(units: Sequence[str], n: int) -> float:
    """Return the share of n-grams that occurred before; 0 where there is none."""
    grams = [tuple(units[i : i + n]) for i in range(len(units) - n + 1)]
    return 1 - len(set(grams)) / len(grams) if grams else 0.0
