"""Snippets: stretches of a page, block by block, that can be understood without the rest of it.

Only a snippet that says what it speaks of can give a question that stands alone, so stretches that lean on a figure,
on an earlier paragraph or on the page around them are left out, each with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from curricula.settings import Settings
from pipeline.clean.units import split
from pipeline.synthesize.amounts import estimated_tokens
from pipeline.synthesize.blocks import Block, blocks, lines_of_prose, sentence_ends
from pipeline.synthesize.functions import function_spans

_LEANS = re.compile(
    r"\b(?:fig(?:ure|\.)\s*\d|table\s+\d|(?:see|shown|as|mentioned|described|discussed)\s+(?:above|below|earlier)"
    r"|(?:previous|next|following|preceding) (?:sections?|chapters?|paragraphs?|figures?|pages?)"
    r"|(?:section|chapter|equation|eq\.)\s*\(?\d)"
    r"|如[上下]?图|见[上下]?[图表]|[图表]\s*\d|前文|上文|上述|下文",
    re.IGNORECASE,
)
_DANGLES = re.compile(
    r"\s*(?:>>>|(?:this|these|those|it|its|they|their|he|his|she|her|such|however|therefore|thus|hence|moreover"
    r"|furthermore|also|but|and|then|instead|similarly|likewise|nevertheless|otherwise|consequently|accordingly|additionally"
    r"|the (?:former|latter|same|above)|in (?:addition|contrast|this|that|these)|for (?:example|instance|this)"
    r"|as a result|on the other hand|another)\b"
    r"|因此|所以|但是|但|然而|此外|另外|它|他|她|这|该|其|此|于是|而且|并且|同时|与此|为此|对此|例如|比如|反之|同样|另一)",
    re.IGNORECASE,
)
_WEB_PAGE = re.compile(
    r"\b(?:click here|sign up|log in|subscribe|cookies?|add to cart|privacy policy|all rights reserved"
    r"|leave a comment)\b"
    r"|点击|登录|注册|版权所有|扫码|关注我们",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
_INTERFACE = re.compile(
    r"^[ \t]*(?:Parameters|Returns|Yields|Attributes|Raises|Warns|See [Aa]lso)\n[ \t]*[-=]{3,}[ \t]*$"
    r"|^[ \t]*:param ",
    re.MULTILINE,
)
_LISTED = re.compile(r"^(?:\.\.[ ]|[-*][ ])?\[\w{1,12}\]:?[ ].*(?:\n[ \t]+\S.*)*", re.MULTILINE)
_MOST_LISTED = 0.5
"""An entry of a list of references with its indented lines, and the share of a snippet from which on it is one."""
_MARKS = re.compile(r"<<<|(?<!\n)(?<!\A)(?<![ \t])>>>|(?<=\S)[ \t]+>>>|>>>(?![ \t]+\S)")
"""The marks around a snippet in a prompt, but for those that begin a line of an interactive Python session."""


class SnippetBounds(Settings):
    """How much of a page a question is made from."""

    of: Literal["text", "functions"] = "text"
    """``functions``: top-level Python functions that can be run by themselves, for the prompt ``case_to_code``."""
    shortest: int = Field(default=80, ge=1)
    """Fewest tokens, estimated: one a Chinese character, one for four other characters."""
    longest: int = Field(default=400, ge=1)
    """Most tokens. JiuZhang3.0 cuts its seeds to 1,000 characters."""
    sentences: int = Field(default=3, ge=1)
    """Fewest sentences; of functions none is wanted."""
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
    """Yield spans that do not overlap, whole blocks each, none longer than the bound.

    A block that is too long is left out, so that no formula, list, table or code is cut through; prose that is too
    long falls into its lines, and a line that is too long is cut after the last sentence that fits, its rest not used.
    """
    if bounds.of == "functions":
        spans = (Span(first, last) for first, last in function_spans(text))
        yield from (span for span in spans if estimated_tokens(text[span.begin : span.end]) <= bounds.longest)
        return
    begin = end = -1
    for first, last in _pieces(text, bounds.longest):
        if begin >= 0 and last >= 0 and estimated_tokens(text[begin:last]) <= bounds.longest:
            end = last
            continue
        if begin >= 0:
            yield Span(begin, end)
        begin, end = first, last
    if begin >= 0:
        yield Span(begin, end)


def fault(snippet: str, bounds: SnippetBounds) -> str | None:
    """Return why nothing should be asked about a snippet, as a snake_case reason, or None where it is good."""
    if estimated_tokens(snippet) < bounds.shortest:
        return "short"
    if bounds.of == "functions":
        return "holds_the_prompts_marks" if _MARKS.search(snippet) else None
    if len(sentence_ends(snippet)) < bounds.sentences:
        return "few_sentences"
    if _MARKS.search(snippet):
        return "holds_the_prompts_marks"
    if _is_open(snippet):
        return "cut_through"
    if _WEB_PAGE.search(snippet):
        return "speaks_of_its_web_page"
    if _INTERFACE.search(snippet):
        return "describes_an_interface"
    if _LEANS.search(snippet):
        return "leans_on_its_page"
    if _DANGLES.match(snippet):
        return "begins_with_a_reference"
    if sum(len(entry[0]) for entry in _LISTED.finditer(snippet)) > _MOST_LISTED * len(snippet):
        return "lists_references"
    words = split(snippet)
    if len({word.casefold() for word in words}) < len(words) / 5:
        return "says_the_same_again"
    return None


def _is_open(snippet: str) -> bool:
    """Tell whether a formula or code begins or ends outside of the snippet."""
    pairs = ((r"\begin{", r"\end{"), (r"\[", r"\]"))
    uneven = any(snippet.count(first) != snippet.count(last) for first, last in pairs)
    return uneven or bool(len(_FENCE.findall(snippet)) % 2 or snippet.count("$$") % 2)


def _pieces(text: str, longest: int) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) of what fits the bound, in order; (-1, -1) stands where something was left out."""
    for block in blocks(text):
        if estimated_tokens(text[block.begin : block.end]) <= longest:
            yield block.begin, block.end
        elif not block.is_prose:
            yield -1, -1
        else:
            yield from _prose(text, block, longest)


def _prose(text: str, block: Block, longest: int) -> Iterator[tuple[int, int]]:
    own = text[block.begin : block.end]
    for begin, end in lines_of_prose(own):
        if estimated_tokens(own[begin:end]) <= longest:
            yield block.begin + begin, block.begin + end
            continue
        fitting = [
            stop for stop in sentence_ends(own[begin:end]) if estimated_tokens(own[begin : begin + stop]) <= longest
        ]
        if fitting:
            yield block.begin + begin, block.begin + begin + fitting[-1]
        yield -1, -1
