"""Words of a text as BM25 counts them: lower-case words, and of Chinese every pair of neighbouring characters.

Pairs need no dictionary, and find what a segmenter finds; a character alone between others is a word of its own.
"""

from __future__ import annotations

import re

from pipeline.clean.units import CJK

_RUN = re.compile(f"[{CJK}]+|[^\\W\\d_{CJK}][^\\W_{CJK}]+")
_CHINESE = re.compile(f"[{CJK}]")
LONGEST = 30
"""Characters of the longest word; what is longer is no word of any language."""


def words(text: str) -> list[str]:
    """Return the words in order; numbers and single letters are none."""
    found: list[str] = []
    for run in _RUN.findall(text.lower()):
        if not _CHINESE.match(run):
            if len(run) <= LONGEST:
                found.append(run)
        elif len(run) == 1:
            found.append(run)
        else:
            found += [run[i : i + 2] for i in range(len(run) - 1)]
    return found
