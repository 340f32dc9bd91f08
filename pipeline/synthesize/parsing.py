"""Parsing: from a model's answer to question and solution, however it marked them.

Models copy marks loosely: as headings, in bold, with a colon, numbered, in a code fence or as JSON. A mark counts only
at the beginning of a line, so that the word "answer" inside a sentence never cuts one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from pipeline.clean.filter import Rejection
from pipeline.synthesize.pair import Pair

_QUESTION = ("problem", "question", "exercise", "q", "题目", "问题", "习题", "问")
_SOLUTION = ("worked solution", "solution", "answer", "a", "解答", "答案", "解析", "解", "答")
_NAMES = "|".join(map(re.escape, sorted((*_QUESTION, *_SOLUTION), key=len, reverse=True)))
_MARK = re.compile(
    rf"""^[ \t]*(?:
      [#>*_ \t]*[\[【<](?P<bracketed>{_NAMES})[ ]?\d*[\]】>][*_]*[ ]?[:：]?[*_]*      # [PROBLEM], **【问题】**
    | [#]+[ ]?[*_]*(?P<heading>{_NAMES})[ ]?\d*[*_]*[ ]?[:：]?[*_]*[ \t]*$           # ## Problem 1
    | [*_]+(?P<bold>{_NAMES})[ ]?\d*[ ]?[:：]?[*_]+[ ]?[:：]?                        # **Problem:**
    | (?P<plain>{_NAMES})[ ]?\d*[ ]?[:：]                                            # Problem 1:
    )""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_THOUGHTS = re.compile(r"<think>.*?(?:</think>|$)", re.DOTALL)
_FENCE = re.compile(r"\A```\w*\n(.*?)\n?```\s*\Z", re.DOTALL)
_CLOSING = re.compile(r"\[/?(?:END|PROBLEM|SOLUTION|QUESTION|ANSWER)\]\s*\Z", re.IGNORECASE)
_RULE = re.compile(r"\n\s*(?:-{3,}|\*{3,}|_{3,})\s*\Z")


def parse(answer: str) -> list[Pair] | Rejection:
    """Return the pairs of an answer, at least one, none with an empty part; else why there are none."""
    text = spoken(answer)
    if not text:
        return Rejection("no_answer", "nothing" if not answer else "thoughts alone", "a question and a solution")
    if fenced := _FENCE.match(text):
        text = fenced[1].strip()
    parts = list(_from_json(text)) or list(_marked(text))
    pairs = [Pair(question, solution) for question, solution in _paired(parts) if question and solution]
    if pairs:
        return pairs
    has_question = any(is_question and part for is_question, part in parts)
    reason = "no_solution" if has_question else "no_question"
    return Rejection(reason, repr(text[:80]), "a question and a solution, each under its mark")


def spoken(answer: str) -> str:
    """Return an answer without what the model thought aloud."""
    return _THOUGHTS.sub("", answer).strip()


def _marked(text: str) -> Iterator[tuple[bool, str]]:
    """Yield (is a question, text) for each marked section."""
    marks = [(mark, _is_question(mark)) for mark in _MARK.finditer(text)]
    # A worked solution may end with "Answer: 5"; inside a solution only a bracketed mark, or a question's, begins anew.
    kept: list[tuple[re.Match[str], bool]] = []
    for mark, is_question in marks:
        if is_question or not kept or kept[-1][1]:
            kept.append((mark, is_question))
    ends = [mark.start() for mark, _ in kept[1:]] + [len(text)]
    for (mark, is_question), end in zip(kept, ends, strict=False):
        yield is_question, _tidy(text[mark.end() : end])


def _is_question(mark: re.Match[str]) -> bool:
    return next(name for name in mark.groups() if name).casefold() in _QUESTION


def _tidy(part: str) -> str:
    return _CLOSING.sub("", _RULE.sub("", part.strip())).strip()


def _from_json(text: str) -> Iterator[tuple[bool, str]]:
    if not text.startswith(("{", "[")):
        return
    try:
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return
    for item in found if isinstance(found, list) else [found]:
        if isinstance(item, Mapping):
            yield from _fields(item)


def _fields(item: Mapping[str, Any]) -> Iterator[tuple[bool, str]]:
    lowered = {name.casefold(): value for name, value in item.items()}
    for names, is_question in ((_QUESTION, True), (_SOLUTION, False)):
        value = next((lowered[name] for name in names if isinstance(lowered.get(name), str)), "")
        if value:
            yield is_question, value.strip()


def _paired(parts: list[tuple[bool, str]]) -> Iterator[tuple[str, str]]:
    """Yield each question with the solution right behind it."""
    for (first, question), (second, solution) in pairwise(parts):
        if first and not second:
            yield question, solution
