"""Blocks of a page: what must stay together when it is cut, such as a formula, a list with its introduction, code.

A block is a paragraph, or several that lean on one another: a heading and what it heads, a line with a colon and what
it introduces, items of a list, an indented body. A paragraph of prose alone may be cut, after a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WHOLE = re.compile(
    r"^[ \t]*(?P<fence>```|~~~)[^\n]*\n(?:(?![ \t]*(?P=fence))[^\n]*\n)*[ \t]*(?P=fence)[ \t]*$"
    r"|\$\$(?:(?!\$\$).){1,4000}\$\$"
    r"|\\\[(?:(?!\\\]).){1,4000}\\\]"
    r"|\\begin\{(?P<name>[a-z*]{1,20})\}(?:(?!\\end\{(?P=name)\}).){1,4000}\\end\{(?P=name)\}",
    re.MULTILINE | re.DOTALL,
)
"""Fenced code and displayed formulas: white lines inside them part nothing."""
_EMPTY_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
_UNDERLINE = re.compile(r"([-=~^*#\"'])\1+")
_ITEM = re.compile(
    r"^[ \t]*(?:[-*+•·–][ \t]|\d{1,3}[.)](?=\s)|\d{1,3}、|[（(]\d{1,2}[)）]|[一二三四五六七八九十]{1,3}、|\|)",
    re.MULTILINE,
)
_SENTENCE_END = re.compile(r"[.!?](?=[\"'”’)\]]*(?:\s|$))[\"'”’)\]]*|[。！？][”’」』）]*")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|etc|al|approx|ca|Dr|Mr|Mrs|Ms|Prof|St|Jr|Sr|Fig|Figs|Eq|Eqs|No|Vol|Sec|Ch|pp|Ref|Refs)"
    r"|\b[A-Z])\.\Z"
)
_BODY = 3
"""Most spaces before a line that is no part of an indented body."""
_LONG_LINE = 200
"""Characters of a line that is no line of a wrapped paragraph."""
_HEADING = 80
"""Characters of the longest heading."""


@dataclass(frozen=True)
class Block:
    """Characters ``begin`` to ``end`` of a page."""

    begin: int
    end: int
    is_prose: bool
    """Whether it may be cut after a sentence: it holds no formula of its own, list, table or code."""


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a page in order; they do not overlap, and only white space lies between them."""
    begin = end = -1
    is_prose = True
    for start, stop in _paragraphs(text):
        if begin >= 0 and _leans(text, begin, end, start, stop):
            end, is_prose = stop, is_prose and _is_prose(text, start, stop)
            continue
        if begin >= 0:
            yield Block(begin, end, is_prose)
        begin, end, is_prose = start, stop, _is_prose(text, start, stop)
    if begin >= 0:
        yield Block(begin, end, is_prose)


def sentence_ends(text: str) -> list[int]:
    """Return where sentences end: after the mark and what closes it; not in a formula, code or an abbreviation."""
    ends, place, dollars, ticks = [], 0, 0, 0
    for match in _SENTENCE_END.finditer(text):
        dollars += text.count("$", place, match.end())
        ticks += text.count("`", place, match.end())
        place = match.end()
        if not (dollars % 2 or ticks % 2 or _ABBREVIATION.search(text, max(place - 12, 0), place)):
            ends.append(place)
    return ends


def lines_of_prose(text: str) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) of a prose block's paragraphs: lines that end with a sentence, wrapped ones put together."""
    begin = -1
    for match in re.finditer(r"[^\n]+", text):
        if begin < 0:
            begin = match.start()
        line = match[0].rstrip()
        if len(line) > _LONG_LINE or (sentence_ends(line)[-1:] == [len(line)]):
            yield begin, match.end()
            begin = -1
    if begin >= 0:
        yield begin, len(text.rstrip("\n"))


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) of what empty lines part, without white space around it; formulas and code in one piece."""
    wholes = [match.span() for match in _WHOLE.finditer(text)]
    begin = 0
    for first, last in [*(match.span() for match in _EMPTY_LINES.finditer(text)), (len(text), len(text))]:
        while wholes and wholes[0][1] <= first:
            wholes.pop(0)
        if wholes and wholes[0][0] < first:
            continue
        if own := text[begin:first].strip():
            start = text.index(own[0], begin)
            yield start, start + len(own)
        begin = last


def _leans(text: str, begin: int, end: int, start: int, stop: int) -> bool:
    """Tell whether the paragraph from ``start`` belongs to the block before it."""
    last = text[text.rfind("\n", begin, end) + 1 if "\n" in text[begin:end] else begin : end]
    if last.rstrip().endswith((":", "：")) or _is_heading(text[begin:end].rpartition("\n\n")[2]):
        return True
    if _indent(text, start) > max(_indent(text, begin), _BODY):
        return True
    return bool(_ITEM.match(text, start)) and bool(_ITEM.match(text, text.rfind("\n", 0, end) + 1))


def _is_heading(paragraph: str) -> bool:
    """Tell whether a paragraph is one short line without a sentence's end, underlined perhaps."""
    first, _, rest = paragraph.strip().partition("\n")
    if len(first) > _HEADING or (rest and not _UNDERLINE.fullmatch(rest.strip())) or _ITEM.match(first):
        return False
    return not first.endswith((".", "!", "?", "。", "！", "？", ",", "，", ";", "；", "$", "`"))


def _indent(text: str, place: int) -> int:
    """Return how many spaces the line of a place begins with; a tab counts four."""
    before = text[text.rfind("\n", 0, place) + 1 : place]
    return len(before.expandtabs(4)) if before.isspace() else 0


def _is_prose(text: str, begin: int, end: int) -> bool:
    paragraph = text[begin:end]
    indented = sum(1 for line in paragraph.splitlines()[1:] if line.startswith(("    ", "\t")))
    return indented < 2 and not (_indent(text, begin) > _BODY or _ITEM.search(paragraph) or _WHOLE.search(paragraph))
