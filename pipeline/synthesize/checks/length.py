"""Length: turns away questions and solutions with too little to learn from, and those that ran on without an end."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from pipeline.synthesize.amounts import estimated_tokens
from pipeline.synthesize.checks.check import Candidate, Check, Rejection
from pipeline.synthesize.families.family import Aim

_ENDS = re.compile(r"[.!?。！？)\]）】}$\d%°'\"”’|`]\**\s*\Z|(?:\n|^)\W*(?:answer|答案)\W*[:：].*\Z", re.IGNORECASE)


class Length(Check):
    """Counts estimated tokens; Llama-3-SynE's specification has 50 to 2,048 for both parts together."""

    kind: Literal["length"] = "length"
    question: int = Field(default=8, ge=0)
    """Fewest tokens of a question."""
    solution: dict[Aim, int] = {"exercise": 40, "restatement": 15, "code": 15, "induction": 15}
    """Aim -> fewest tokens of a solution."""
    longest: int = Field(default=2048, ge=1)
    """Most tokens of both together."""
    finished: bool = True
    """Whether a solution must end like a sentence, a formula or an answer: one that was cut off does not."""

    def reject(self, candidate: Candidate) -> Rejection | None:
        """Check the question, the solution, both together, then the end."""
        pair = candidate.pair
        if (found := estimated_tokens(pair.question)) < self.question:
            return Rejection("question_short", f"{found} tokens", f"at least {self.question}")
        fewest = self.solution.get(candidate.aim, 0)
        if (found := estimated_tokens(pair.solution)) < fewest:
            return Rejection("solution_short", f"{found} tokens", f"at least {fewest}")
        if (found := estimated_tokens(pair.text)) > self.longest:
            return Rejection("long", f"{found} tokens", f"at most {self.longest}")
        if self.finished and not _ENDS.search(pair.solution[-400:]):
            return Rejection("unfinished", repr(pair.solution[-40:]), "the end of a sentence, formula or answer")
        return None
