"""Chinese mobile numbers: eleven digits that begin with an operator's prefix, alone or grouped, with or without +86.

Eleven digits may be anything. In prose a bare number counts unless a sign of arithmetic, a unit or another number
stands beside it; in mathematics, code and questions only where the text calls it a telephone or groups it as one.
"""

from __future__ import annotations

import re

from pipeline.clean.personal.substitution import after, before, masked

_PREFIX = r"(?:13\d|14[014-9]|15[0-35-9]|16[2567]|17[0-8]|18\d|19[0-35-9])"
_NUMBER = re.compile(
    rf"(?<![0-9A-Za-z_.])(?P<country>(?:\+|00)?86[ -]?)?{_PREFIX}(?P<group>[ -]?)\d{{4}}(?P=group)\d{{4}}"
    r"(?![0-9A-Za-z_]|[.,]\d)",
    re.ASCII,
)
_LONG = re.compile(r"\d[\d -]{9}", re.ASCII)
_CALLED = re.compile(
    r"电话|手机|联系|热线|致电|拨打|短信|微信|传真|咨询"
    r"|tel\b|phone|mobile|cell\b|call\b|contact|whatsapp|wechat|text me|sms"
)
_ARITHMETIC_BEFORE = re.compile(
    r"[=+*/^×÷√<>\\$¥￥€£#&%≈≤≥−{,]\s?$|(?:编号|单号|订单号?|序列号|票号|no\.?|isbn|id)[\s:：]{0,3}$|\d\s$"
)
_ARITHMETIC_AFTER = re.compile(
    r"\s?(?:[=+*/^×÷√<>\\$%≈≤≥−‰°}]|\d|元|万|亿|个|人|吨|公斤|千克|克|米|公里|年|次|件|字节|bytes?\b|km\b|kg\b|hz\b)"
)
_STRICT = ("mathematics", "code", "qa")


def mask_phones(text: str, placeholder: str, profile: str) -> tuple[str, int]:
    """Return the masked text and the number of telephone numbers."""
    if not _LONG.search(text):
        return text, 0
    return masked(_NUMBER, text, placeholder, lambda match: _is_phone(match, profile))


def _is_phone(match: re.Match[str], profile: str) -> bool:
    context = before(match, 24)
    if _CALLED.search(context):
        return True
    explicit = (match["country"] or "").startswith(("+", "00")) or match["group"] == "-"
    beside = _ARITHMETIC_BEFORE.search(context) or _ARITHMETIC_AFTER.match(after(match, 8))
    if profile in _STRICT:
        return explicit and not beside
    return explicit or not beside
