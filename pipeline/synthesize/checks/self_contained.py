"""Self-containment: turns away what can be understood only beside the snippet, and what the model says of itself."""

from __future__ import annotations

import re
from typing import Literal

from pipeline.synthesize.checks.check import Candidate, Check, Rejection

_NOUN = r"(?:passage|text|snippet|article|excerpt|paragraph|author|document|material provided)"
_SNIPPET = re.compile(
    rf"\b(?:the|this|that)\s+(?:\w+\s+)?{_NOUN}\s+(?:above|below|states?|says?|mentions?|describes?|explains?|provided)"
    rf"|\b(?:the|this) {_NOUN} (?:is about|discusses)"
    rf"|\b(?:above|following|given|provided|preceding)\s+{_NOUN}\b"
    rf"|\b(?:according to|based on|in|from|by|per)\s+(?:the|this)\s+(?:\w+\s+)?{_NOUN}\b"
    r"|\[\w+\]_(?!\w)"
    r"|\bas\s+(?:mentioned|described|stated|discussed|shown|noted)\s+(?:above|earlier|previously|in the)"
    r"|\b(?:figure|fig\.|table)\s*\d|\b(?:the\s+)?(?:figure|diagram|table|picture)\s+(?:above|below)"
    r"|(?:根据|依据|结合|阅读|参考)(?:这篇|该|本|此|上述|以上|下面|以下)?(?:短文|文章|原文|文段|文本|段落|上文|材料)"
    r"|文中|上文|前文|本文|原文|这段文字|该段|这篇文章|作者(?:认为|指出|提到)|(?:如|见)[上下]?图|[上下]图|图\s*\d|表\s*\d",
    re.IGNORECASE,
)
_UNNAMED = re.compile(
    r"\A(?P<before>[^.!?]*)\b(?:the|this|that) (?:(?:given|new) (?:\w+ )?)?(?P<noun>"
    r"function|method|class|algorithm|code|program|routine|module"
    r"|matrix|formula|equation|parameter|argument|variable|example|document|object|output|answer)s?\s*\?\W*\Z",
    re.IGNORECASE,
)
"""A question of one sentence that ends with a thing that has no name."""
_MODEL = re.compile(
    r"\bas an ai\b|\bas a(?:n ai)? language model|\bi(?:'m| am) sorry\b|\bi (?:cannot|can't|am unable to)\b"
    r"|\b(?:here is|here's) (?:the|an?|your) (?:new )?(?:exercise|problem|question)\b"
    r"|作为(?:一个|一名)?(?:人工智能|AI|语言模型)|很抱歉|我无法|无法回答",
    re.IGNORECASE,
)


class SelfContained(Check):
    """Looks for words by which a text points to the snippet, to a figure, to nothing, or to the model that wrote it."""

    kind: Literal["self_contained"] = "self_contained"

    def reject(self, candidate: Candidate) -> Rejection | None:
        """Look in question and solution."""
        text = candidate.pair.text
        if found := _SNIPPET.search(text):
            return Rejection("not_self_contained", repr(found[0]), "no word of a passage or figure that is not there")
        if _is_unnamed(candidate.pair.question):
            return Rejection("names_nothing", repr(candidate.pair.question), "a question that names what it is about")
        if found := _MODEL.search(text):
            return Rejection("speaks_of_itself", repr(found[0]), "the question and its solution alone")
        return None


def _is_unnamed(question: str) -> bool:
    """Tell whether a question ends with "the matrix?" without having spoken of a matrix before."""
    found = _UNNAMED.match(question)
    return found is not None and found["noun"].casefold() not in found["before"].casefold()
