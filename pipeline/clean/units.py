"""Units: what a length is counted in. A word where words are spaced apart, a character where they are not.

No segmenter is involved: Chinese rules work on characters, which costs a hundredth of segmenting and never
depends on a dictionary.
"""

from __future__ import annotations

import re
from functools import lru_cache

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
"""Ranges of Chinese characters and Japanese kana, for use inside a character class."""
_UNIT = re.compile(f"[{CJK}]|[^\\W{CJK}]+")
_WORD = re.compile(r"\w+")


def split(text: str) -> tuple[str, ...]:
    """Return the words and unspaced characters of a text, in order; punctuation is left out."""
    return tuple((_WORD if text.isascii() else _UNIT).findall(text))


@lru_cache(maxsize=1)  # the signals of one document ask one after the other
def units(text: str) -> tuple[str, ...]:
    """Return `split`'s units, remembered for the last text."""
    return split(text)
