"""Judging: a judge is asked about an answer's pairs, and its agreement with the checks is counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from pipeline.clean.filter import Rejection
from pipeline.label.answers import Answer
from pipeline.label.asking import Asking
from pipeline.synthesize.examining import Examined
from pipeline.synthesize.judge import Verdict, verdicts
from pipeline.synthesize.requests import Request
from pipeline.synthesize.spending import Cost, spent, tokens_of


@dataclass(frozen=True)
class Judged:
    """What the judge said of an answer's pairs."""

    text: str
    verdicts: list[Verdict]
    spent: Cost


async def judged_by(second: Asking, request: Request, examined: Examined) -> Judged | None:
    """Return what the judge says of an answer's pairs, None where it is not asked."""
    judge = request.order.judge
    if judge is None or isinstance(examined, Rejection):
        return None
    if not judge.is_asked(request.key, [not isinstance(found, Rejection) for _, found in examined]):
        return None
    messages = judge.messages(request.seed.text, request.seed.language, [pair for pair, _ in examined])
    most = Cost(tokens_of(messages), judge.answer_tokens)
    found = await second.ask(judge.request(messages), most.prompt)
    said = found.text if isinstance(found, Answer) else found.problem
    return Judged(said, verdicts(found, len(examined)), spent(found, most))


class Agreement:
    """How often judge and checks are of one mind."""

    def __init__(self) -> None:
        self._found = Counter[tuple[bool, Verdict]]()

    def add(self, passed: bool, verdict: Verdict) -> None:
        """Count a pair that was shown to the judge."""
        self._found[passed, verdict] += 1

    def told(self) -> dict[str, Any]:
        """Return the counts, the share on which both agree, and Cohen's kappa; None where there is none."""
        counts = {
            f"{checks}_judged_{judged}": self._found[passed, verdict]
            for checks, passed in (("passed", True), ("rejected", False))
            for judged, verdict in (("right", True), ("wrong", False), ("neither", None))
        }
        both, neither = self._found[True, True], self._found[False, False]
        only_checks, only_judge = self._found[True, False], self._found[False, True]
        total = both + neither + only_checks + only_judge
        if not total:
            return {**counts, "agreement": None, "kappa": None}
        agreement = (both + neither) / total
        by_chance = (both + only_checks) * (both + only_judge) + (neither + only_checks) * (neither + only_judge)
        chance = by_chance / total**2
        kappa = round((agreement - chance) / (1 - chance), 3) if chance < 1 else None
        return {**counts, "agreement": round(agreement, 3), "kappa": kappa}
