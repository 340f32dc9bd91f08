"""Substitution: replaces those matches of an expression that stand a closer look, and counts them."""

from __future__ import annotations

import re
from collections.abc import Callable


def masked(
    expression: re.Pattern[str], text: str, placeholder: str, is_one: Callable[[re.Match[str]], bool]
) -> tuple[str, int]:
    """Return the text with every match that ``is_one`` accepts replaced, and how many there were."""
    pieces, end, found = [], 0, 0
    for match in expression.finditer(text):
        if is_one(match):
            pieces += [text[end : match.start()], placeholder]
            end, found = match.end(), found + 1
    if not found:
        return text, 0
    return "".join([*pieces, text[end:]]), found


def before(match: re.Match[str], characters: int, placeholder: str = "") -> str:
    """Return what stands before a match, at most so many characters of it, in lower case.

    A placeholder there reads as zeros: it stands for a number, and what it says of itself announces none.
    """
    context = match.string[max(0, match.start() - characters - len(placeholder)) : match.start()]
    if placeholder:
        context = context.replace(placeholder, "0" * len(placeholder))
    return context[-characters:].lower()


def after(match: re.Match[str], characters: int) -> str:
    """Return what stands after a match, at most so many characters of it, in lower case."""
    return match.string[match.end() : match.end() + characters].lower()
