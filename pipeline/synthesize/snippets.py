"""Snippets: stretches of a page, from paragraph to paragraph, that can be understood without the rest of it.

Only a snippet that says what it speaks of can give a question that stands alone, so stretches that lean on a figure,
on an earlier paragraph or on the page around them are left out, each with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import Field, model_validator

from curricula.settings import Settings
from pipeline.clean.units import split
from pipeline.synthesize.amounts import estimated_tokens

_PARAGRAPH = re.compile(r"\S[^\n]*(?:\n[^\S\n]*\S[^\n]*)*")
_LINE = re.compile(r"[^\n]+")
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)|[。！？]")
_LEANS = re.compile(
    r"\b(?:fig(?:ure|\.)\s*\d|table\s+\d|(?:see|shown|as|mentioned|described|discussed)\s+(?:above|below|earlier)"
    r"|previous (?:section|chapter)|(?:section|chapter|equation|eq\.)\s*\(?\d)"
    r"|如[上下]?图|见[上下]?[图表]|[图表]\s*\d|前文|上文|上述|下文",
    re.IGNORECASE,
)
_DANGLES = re.compile(
    r"\s*(?:(?:this|these|those|it|they|he|she|such|however|therefore|thus|hence|moreover|furthermore|also|but|and|then)"
    r"\b|因此|所以|但是|然而|此外|另外|它|他们|她|这|该|其中|于是|而且|并且)",
    re.IGNORECASE,
)
_WEB_PAGE = re.compile(
    r"\b(?:click here|sign up|log in|subscribe|cookies?|add to cart|privacy policy|all rights reserved"
    r"|leave a comment)\b"
    r"|点击|登录|注册|版权所有|扫码|关注我们",
    re.IGNORECASE,
)
_MARKS = ("<<<", ">>>")


class SnippetBounds(Settings):
    """How much of a page a question is made from."""

    shortest: int = Field(default=80, ge=1)
    """Fewest tokens, estimated: one a Chinese character, one for four other characters."""
    longest: int = Field(default=400, ge=1)
    """Most tokens. JiuZhang3.0 cuts its seeds to 1,000 characters."""
    sentences: int = Field(default=3, ge=1)
    """Fewest sentences."""
    per_document: int = Field(default=1, ge=1)
    """Most snippets of one document."""

    @model_validator(mode="after")
    def _some_length_is_allowed(self) -> SnippetBounds:
        if self.longest < self.shortest:
            raise ValueError(f"longest {self.longest} is less than shortest {self.shortest}")
        return self


@dataclass(frozen=True)
class Span:
    """Characters ``begin`` to ``end`` of a document."""

    begin: int
    end: int


def cut(text: str, bounds: SnippetBounds) -> Iterator[Span]:
    """Yield spans that do not overlap, whole paragraphs each, none longer than the bound.

    Paragraphs are parted by empty lines; one that is too long falls into its lines, and a line that is too long is cut
    after the last sentence that fits, its rest not used.
    """
    begin = end = -1
    for match in _paragraphs(text, bounds.longest):
        if begin >= 0 and estimated_tokens(text[begin : match.end()]) <= bounds.longest:
            end = match.end()
            continue
        if begin >= 0:
            yield Span(begin, end)
        begin, end = match.start(), match.end()
        if estimated_tokens(match[0]) > bounds.longest:
            if (fits := _whole_sentences(match[0], bounds.longest)) > 0:
                yield Span(begin, begin + fits)
            begin = -1
    if begin >= 0:
        yield Span(begin, end)


def fault(snippet: str, bounds: SnippetBounds) -> str | None:
    """Return why nothing should be asked about a snippet, as a snake_case reason, or None where it is good."""
    if estimated_tokens(snippet) < bounds.shortest:
        return "short"
    if len(_SENTENCE_END.findall(snippet)) < bounds.sentences:
        return "few_sentences"
    if any(mark in snippet for mark in _MARKS):
        return "holds_the_prompts_marks"
    if _WEB_PAGE.search(snippet):
        return "speaks_of_its_web_page"
    if _LEANS.search(snippet):
        return "leans_on_its_page"
    if _DANGLES.match(snippet):
        return "begins_with_a_reference"
    words = split(snippet)
    if len({word.casefold() for word in words}) < len(words) / 5:
        return "says_the_same_again"
    return None


def _paragraphs(text: str, longest: int) -> Iterator[re.Match[str]]:
    for paragraph in _PARAGRAPH.finditer(text):
        if estimated_tokens(paragraph[0]) <= longest:
            yield paragraph
        else:
            yield from _LINE.finditer(text, paragraph.start(), paragraph.end())


def _whole_sentences(paragraph: str, longest: int) -> int:
    """Return the length in characters of the sentences from the beginning that are not longer together."""
    ends = [match.end() for match in _SENTENCE_END.finditer(paragraph)]
    fitting = [end for end in ends if estimated_tokens(paragraph[:end]) <= longest]
    return fitting[-1] if fitting else 0
