"""Chinese resident identity numbers: 18 digits, the last one a check digit or X (GB 11643-1999).

A number counts when its region is one, its date of birth exists and its check digit is right: one random number of 18
digits in some 80,000. Numbers of the old form, 15 digits without a check, count only where the text names them so.
"""

from __future__ import annotations

import datetime
import re

from pipeline.clean.personal.substitution import before, masked

_REGIONS = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[123]|91")
_NUMBER = re.compile(
    r"(?<![0-9A-Za-z.])(?:[1-9]\d{5}[ -]?(?:19|20)\d{6}[ -]?\d{3}[\dXx]|[1-9]\d{14})(?![0-9A-Za-z]|\.\d)", re.ASCII
)
_LONG = re.compile(r"\d[\d -]{13}", re.ASCII)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_CALLED = re.compile(r"身份证|证件号|公民身份|id card|identity card|id number|resident id")


def mask_id_numbers(text: str, placeholder: str, profile: str) -> tuple[str, int]:
    """Return the masked text and the number of identity numbers."""
    if not _LONG.search(text):
        return text, 0
    return masked(_NUMBER, text, placeholder, _is_identity)


def _is_identity(match: re.Match[str]) -> bool:
    digits = match[0].replace(" ", "").replace("-", "").upper()
    if not _REGIONS.match(digits):
        return False
    if len(digits) == 15:
        return bool(_CALLED.search(before(match, 24))) and _exists("19" + digits[6:12])
    return _exists(digits[6:14]) and check_digit(digits[:17]) == digits[17]


def check_digit(digits: str) -> str:
    """Return the last character of the number that begins with these 17 digits."""
    return _CHECKS[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True)) % 11]


def _exists(day: str) -> bool:
    try:
        datetime.date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        return False
    return True
