"""Replaced numbers: a text in which every number is another one of the same size, in digits or in Chinese numerals.

What only looks like a number stays: marks that count steps at the beginning of a line, digits that are part of a name
(``H2O``, ``x_1``), and Chinese numerals inside words (``一般``, ``统一``).
"""

from __future__ import annotations

import re

import numpy as np

_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_NARROW = str.maketrans("０１２３４５６７８９．", "0123456789.")
_DIGITS = "一二三四五六七八九"
_NUMERALS = f"零〇{_DIGITS}两十百千万亿"
_MEASURES = "个只条元角米克吨升人天年月日次倍分秒岁度张本件种位名台辆头棵块岁页边条面点层座里斤公厘毫平立小步组项根"
_STEP = r"^[ \t]*(?:(?:step|步骤)[ \t]*\d+|[（(]?\d{1,2}[.)）、](?!\d)|[（(]?[一二三四五六七八九十]{1,3}[)）、])"
_NUMBER = re.compile(
    rf"(?P<step>{_STEP})"
    r"|(?P<digits>(?<![A-Za-z_\\])[0-9]+(?:\.[0-9]+)?|[０-９]+(?:[．.][０-９]+)?)"
    rf"|(?P<chinese>(?<=第)[{_NUMERALS}]+|(?<![{_NUMERALS}])"
    rf"(?:[{_NUMERALS}]{{2,}}|[二两三四五六七八九](?=[{_MEASURES}])))",
    re.MULTILINE | re.IGNORECASE,
)
_WORDS = {"一一", "万一", "三三两两", "千万", "百万", "一十", "万千", "千百", "十万"}


def other_numbers(text: str, draw: np.random.Generator) -> str:
    """Return the text with every number replaced by another one with as many digits before and after the point."""

    def other(found: re.Match[str]) -> str:
        if found["digits"]:
            return _other_digits(found["digits"], draw)
        if found["chinese"] and found["chinese"] not in _WORDS:
            return _other_numeral(found["chinese"], draw)
        return found[0]

    return _NUMBER.sub(other, text)


def _other_digits(written: str, draw: np.random.Generator) -> str:
    plain = written.translate(_NARROW)
    whole, point, decimals = plain.partition(".")
    while True:
        digits = [str(draw.integers(1 if i == 0 and len(whole) > 1 else 0, 10)) for i in range(len(whole))]
        other = "".join(digits) + point + "".join(str(draw.integers(10)) for _ in decimals)
        if other != plain:
            break
    if written == plain:
        return other
    wide = other.translate(_WIDE)
    return wide.replace(".", written[len(whole)]) if point else wide


def _other_numeral(written: str, draw: np.random.Generator) -> str:
    """Replace every digit from one to nine by another; units (ten, hundred, ...) stay, and so does the magnitude."""
    digits = [i for i, character in enumerate(written) if character in f"{_DIGITS}两"]
    other = list(written)
    for place in digits:
        choices = [digit for digit in _DIGITS if digit != written[place] and (written[place], digit) != ("两", "二")]
        other[place] = choices[int(draw.integers(len(choices)))]
    return "".join(other)
