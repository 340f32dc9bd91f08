"""A text as one line of words for fastText: lower case, one Chinese character a word, no punctuation.

Pairs of neighbouring words are fastText's own business (``wordNgrams``), so Chinese is seen as characters and
bigrams, with no dictionary. Underscores go too: they would let a text spell one of fastText's labels.
"""

from __future__ import annotations

import re

from pipeline.clean.units import CJK

_GAP = re.compile(r"[\W_]+")
_CHARACTER = re.compile(f"([{CJK}])")
_ASCII = {code: " " for code in range(128) if not chr(code).isalnum()}


def line(text: str, characters: int) -> str:
    """Return the words of the first ``characters`` characters; empty for a text without words."""
    start = text[:characters].lower()
    if start.isascii():
        return start.translate(_ASCII)
    # No word holds half a surrogate pair, so what remains can always be encoded.
    return _GAP.sub(" ", _CHARACTER.sub(r" \1 ", start))
