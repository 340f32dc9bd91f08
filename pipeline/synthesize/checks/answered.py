"""Answering: turns away solutions that leave their question where it was, as weak models do.

They ask it again, repeat its words as a statement, explain a thing by itself ("an X is a kind of X"), or go on with
what they were told to write. A worked solution may well end with "Answer:", so that is looked for in restatements only.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from pipeline.synthesize.checks.check import Candidate, Check, Rejection
from pipeline.synthesize.checks.grounded import content_words

_QUESTION_ALONE = re.compile(r"\A(?:(?![.!?]\s|[。！？]).)*[?？][^\w?？]*\Z", re.DOTALL)
_FORMULA = re.compile(r"[\d$\\=`]")
_BY_ITSELF = re.compile(
    r"(?:\A|(?<=[.!?]\s))(?:The |An? )?(?P<subject>\w[\w'-]*(?: \w[\w'-]*){1,5}) (?:is|are|was|were|means)"
    r"[^.!?\n]*\b(?:of|by|as|the|an?) (?P=subject)[.!?]",
    re.IGNORECASE,
)
_TASK = re.compile(
    r"^(?:question|answer)\s*:|<<<|\b(?:the|an) answer to (?:this|the|your) question\b|\bthis (?:answer|question) is\b"
    r"|\btwo full sentences\b|^(?:问题|答案)\s*[:：]",
    re.IGNORECASE | re.MULTILINE,
)


class Answered(Check):
    """Looks for what the solution adds to the question."""

    kind: Literal["answered"] = "answered"
    new: int = Field(default=2, ge=0)
    """Fewest content words that a restatement adds to its question, where it adds no number, formula or code."""

    def reject(self, candidate: Candidate) -> Rejection | None:
        """Check the solution beside its question."""
        question, solution = candidate.pair.question, candidate.pair.solution
        if _QUESTION_ALONE.match(solution) or solution == question:
            return Rejection("asks_again", repr(solution), "an answer")
        if found := _BY_ITSELF.search(solution):
            return Rejection("explained_by_itself", repr(found[0]), "something else about it")
        if candidate.aim != "restatement":
            return None
        if found := _TASK.search(solution):
            return Rejection("speaks_of_its_task", repr(found[0]), "the answer alone")
        if _FORMULA.search(solution):
            return None
        added = content_words(solution) - content_words(question)
        if len(added) < self.new:
            return Rejection("says_the_question_again", f"adds {len(added)} words", f"at least {self.new}")
        return None
