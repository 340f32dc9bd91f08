"""Fences: code blocks of a page, taken out of a text while prose is mended and put back afterwards."""

from __future__ import annotations

import re

_FENCED = re.compile(r"^[ \t]*(```|~~~)[^\n]*\n(?:(?![ \t]*\1)[^\n]*\n)*[ \t]*\1[ \t]*$", re.MULTILINE)
_OPEN, _CLOSE = "\x1e", "\x1f"
"""Control characters, which the first repair takes out of every text."""
_MARK = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")


def hidden(text: str) -> tuple[str, list[str]]:
    """Return the text with a mark in the place of every fenced block, and the blocks."""
    held: list[str] = []
    if ("```" not in text and "~~~" not in text) or _OPEN in text:
        return text, held

    def hide(match: re.Match[str]) -> str:
        held.append(match[0])
        return f"{_OPEN}{len(held) - 1}{_CLOSE}"

    return _FENCED.sub(hide, text), held


def shown(text: str, held: list[str]) -> str:
    """Put the blocks back."""
    return _MARK.sub(lambda match: held[int(match[1])], text) if held else text
