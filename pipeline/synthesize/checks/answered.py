"""Answering: turns away solutions that leave their question where it was, as weak models do.

They ask it again, repeat its words as a statement, explain a thing by itself ("an X is a kind of X"), add what the
snippet does not say, or go on with what they were told to write. A worked solution may well end with "Answer:", so
that is looked for in restatements only.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from curricula.settings import Share
from pipeline.synthesize.checks.check import Candidate, Check, Rejection
from pipeline.synthesize.checks.grounded import content_words

_QUESTION_ALONE = re.compile(r"\A(?:(?![.!?]\s|[。！？]).)*[?？][^\w?？]*\Z", re.DOTALL)
_FIGURE = re.compile(r"\d+(?:\.\d+)?|\$[^$\n]+\$|`[^`\n]+`")
_BY_ITSELF = re.compile(
    r"(?:\A|(?<=[.!?]\s))(?:The |An? )?(?P<subject>\w[\w'-]*(?: \w[\w'-]*){1,5}) (?:is|are|was|were|means)"
    r"[^.!?\n]*\b(?:of|by|as|the|an?) (?P=subject)[.!?]",
    re.IGNORECASE,
)
_TASK = re.compile(
    r"^(?:question|answer)\s*:|<<<|\b(?:the|an) answer to (?:this|the|your) question\b|\bthis (?:answer|question) is\b"
    r"|\btwo (?:full )?sentences\b|\bplease (?:provide|write|give|include)\b"
    r"|\A(?:the|my) answer is\b|^(?:问题|答案)\s*[:：]",
    re.IGNORECASE | re.MULTILINE,
)


class Answered(Check):
    """Looks for what the solution adds to the question."""

    kind: Literal["answered"] = "answered"
    new: int = Field(default=3, ge=0)
    """Fewest content words that a restatement adds to its question, where it adds no number, formula or code."""
    new_share: Share = 0.4
    """Share of new words among its content words from which on fewer are enough."""
    from_snippet: Share = 0.34
    """Least share of the words that a restatement adds that the snippet has: the rest only echoes the question."""

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
        own = content_words(solution)
        added = own - content_words(question)
        if not _brings_figures(question, solution) and len(added) < max(min(self.new, self.new_share * len(own)), 1):
            few = f"{len(added)} of {len(own)} words are new"
            return Rejection("says_the_question_again", few, f"{self.new}, or a share of {self.new_share}")
        share = len(added & content_words(candidate.snippet)) / len(added) if added else 1.0
        if share < self.from_snippet:
            foreign = f"{share:.2f} of the words it adds are the snippet's"
            return Rejection("not_from_snippet", foreign, f"at least {self.from_snippet}")
        return None


def _brings_figures(question: str, solution: str) -> bool:
    """Tell whether a solution has a number, formula or code that its question has not."""
    return any(figure not in question for figure in _FIGURE.findall(solution))
