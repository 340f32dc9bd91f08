"""Answering: turns away solutions that leave their question where it was, as weak models do.

They ask it again, repeat its words as a statement, explain a thing by itself ("an X is a kind of X"), go in circles
inside one sentence, praise what they should explain, add what the snippet does not say, or go on with what they were
told to write. A worked solution may well end with "Answer:", so that is looked for in restatements only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
_TASK_ASKED = re.compile(
    r"\b(?:the|this|your) (?:question|answer)\b|\bscientific facts?\b|\bfacts? (?:about|of science)\b"
    r"|这个(?:问题|答案)",
    re.IGNORECASE,
)
_PRAISE = re.compile(
    r"\b(?P<how>fundamental|crucial|essential|vital|powerful|popular|valuable|well-known|widely (?:used|adopted)"
    r"|(?:very )?important)\s(?:\w+ )?(?:concepts?|steps?|tools?|techniques?|parts?|aspects?|roles?|methods?|topics?"
    r"|components?|principles?|propert(?:y|ies)|in)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?\n]+(?:\.(?=\d)[^.!?\n]+)*")
_WORD = re.compile(r"\w[\w'’-]*")
_PHRASE, _PHRASE_CONTENT = 3, 2
"""Words of a phrase that should stand once in a sentence, and how many of them must be content words."""


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
        return self._restatement(question, solution, candidate.snippet) if candidate.aim == "restatement" else None

    def _restatement(self, question: str, solution: str, snippet: str) -> Rejection | None:
        if found := _TASK.search(solution) or _TASK_ASKED.search(question):
            return Rejection("speaks_of_its_task", repr(found[0]), "question and answer alone")
        if phrase := _said_twice(solution, snippet):
            return Rejection("goes_in_circles", repr(phrase), "a phrase once in a sentence")
        if (found := _PRAISE.search(solution)) and found["how"].casefold() not in snippet.casefold():
            return Rejection("praises", repr(found[0]), "what the snippet says of it")
        own = content_words(solution)
        added = own - content_words(question)
        if not _brings_figures(question, solution) and len(added) < max(min(self.new, self.new_share * len(own)), 1):
            few = f"{len(added)} of {len(own)} words are new"
            return Rejection("says_the_question_again", few, f"{self.new}, or a share of {self.new_share}")
        share = len(added & content_words(snippet)) / len(added) if added else 1.0
        if share < self.from_snippet:
            foreign = f"{share:.2f} of the words it adds are the snippet's"
            return Rejection("not_from_snippet", foreign, f"at least {self.from_snippet}")
        return None


def _brings_figures(question: str, solution: str) -> bool:
    """Tell whether a solution has a number, formula or code that its question has not."""
    return any(figure not in question for figure in _FIGURE.findall(solution))


def _said_twice(text: str, snippet: str) -> str:
    """Return a phrase that stands twice in one sentence and not in one of the snippet's, or nothing."""
    allowed = {phrase for sentence in _SENTENCE.findall(snippet) for phrase in _twice(sentence)}
    found = (phrase for sentence in _SENTENCE.findall(text) for phrase in _twice(sentence))
    return next((phrase for phrase in found if phrase not in allowed), "")


def _twice(sentence: str) -> Iterator[str]:
    """Yield the phrases that a sentence has a second time, in order."""
    words, seen = _WORD.findall(sentence.casefold()), set[str]()
    for start in range(len(words) - _PHRASE + 1):
        phrase = " ".join(words[start : start + _PHRASE])
        if phrase in seen and len(content_words(phrase)) >= _PHRASE_CONTENT:
            yield phrase
        seen.add(phrase)
