"""Common Chinese characters: those that the character sets of two standards put first because they are used most.

GB 2312-80, level 1, has 3,755 simplified ones; Big5, level 1, 5,401 traditional ones. Both come out of Python's codecs,
by where the standards place them.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from pipeline.label.code_points import POINTS, Bools


@cache
def han() -> Bools:
    """Return which code points are Chinese characters."""
    made = np.zeros(POINTS, np.bool_)
    for first, last in ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3134F)):
        made[first : last + 1] = True
    return made


@cache
def simplified() -> Bools:
    """Return the characters of GB 2312-80, level 1: rows 16 to 55."""
    codes = [bytes([row + 0xA0, cell + 0xA0]) for row in range(16, 56) for cell in range(1, 95)]
    return _decoded(codes, "gb2312")


@cache
def traditional() -> Bools:
    """Return the characters of Big5, level 1: A440 to C67E."""
    trails = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    codes = [bytes([lead, trail]) for lead in range(0xA4, 0xC7) for trail in trails if (lead, trail) <= (0xC6, 0x7E)]
    return _decoded(codes, "big5")


def _decoded(codes: list[bytes], codec: str) -> Bools:
    made = np.zeros(POINTS, np.bool_)
    text = "".join(code.decode(codec, "ignore") for code in codes)
    made[[ord(character) for character in text]] = True
    return made & han()
