"""Amounts of text before any tokenizer has seen it: what quotas, budgets and bounds of snippets are counted in."""

from __future__ import annotations

import re

from pipeline.clean.units import CJK

_CHINESE = re.compile(f"[{CJK}]")
_LETTERS_A_TOKEN = 4


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a text has: one a Chinese character, one for four other characters, rounded up."""
    chinese = len(_CHINESE.findall(text))
    return chinese - (chinese - len(text)) // _LETTERS_A_TOKEN


def chinese_share(text: str) -> float:
    """Return the share of Chinese characters among Chinese characters and letters of other scripts."""
    chinese = len(_CHINESE.findall(text))
    letters = sum(map(str.isalpha, text))
    return chinese / letters if letters else 0.0
