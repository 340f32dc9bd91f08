"""Units: what a length is counted in. A word where words are spaced apart, a character where they are not.

No segmenter is involved: Chinese rules work on characters, which costs a hundredth of segmenting and never
depends on a dictionary.
"""

from __future__ import annotations

import re

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
"""Ranges of Chinese characters and Japanese kana, for use inside a character class."""
_UNSPACED = re.compile(f"[{CJK}]")
_UNIT = re.compile(f"[{CJK}]|[^\\W{CJK}]+")
_WORD = re.compile(r"\w+")


def units(text: str) -> list[str]:
    """Return the words and unspaced characters of a text, in order; punctuation is left out."""
    return (_WORD if text.isascii() else _UNIT).findall(text)


def unspaced_characters(text: str) -> int:
    """Return the number of characters of scripts that put no spaces between words."""
    return 0 if text.isascii() else len(_UNSPACED.findall(text))
