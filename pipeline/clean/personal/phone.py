"""Chinese telephone numbers: mobile ones, alone or grouped, with or without +86, and landlines and 400 numbers.

Digits may be anything. Bare mobile numbers count in Chinese prose unless a sign of arithmetic, a unit or another number
stands beside them; elsewhere they, and landlines everywhere, count only where the text calls them a telephone.
"""

from __future__ import annotations

import re

from pipeline.clean.personal.substitution import after, before, masked

_PREFIX = r"(?:13\d|14[014-9]|15[0-35-9]|16[2567]|17[0-8]|18\d|19[0-35-9])"
_COUNTRY = r"(?P<country>(?:\+|00)?86[ -]?)?"
_END = r"(?![0-9A-Za-z_]|[.,]\d)"
_NUMBER = re.compile(rf"(?<![0-9A-Za-z_.]){_COUNTRY}{_PREFIX}(?P<group>[ -]?)\d{{4}}(?P=group)\d{{4}}{_END}", re.ASCII)
_LANDLINE = re.compile(
    rf"(?<![0-9A-Za-z_.]){_COUNTRY}(?:[(（]?0?(?:10|2\d|[3-9]\d\d)[)）]?[ -]?[2-9]\d{{6,7}}"
    rf"|[48]00[ -]?\d{{3}}[ -]?\d{{4}}|[48]00-\d{{4}}-\d{{3}})(?:(?:-|转)\d{{1,5}})?{_END}",
    re.ASCII,
)
_LONG = re.compile(r"\d[\d ()（）-]{9}", re.ASCII)
_TELEPHONE = re.compile(r"电话(?!量|费)|热线|致电|拨打|传真|座机|(?<![a-z])(?:tele)?(?:phone|fax|tel)(?![a-z])")
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
    text, mobile = masked(_NUMBER, text, placeholder, lambda match: _is_mobile(match, profile, placeholder))
    if not _TELEPHONE.search(text.lower()):
        return text, mobile
    text, fixed = masked(
        _LANDLINE, text, placeholder, lambda match: bool(_TELEPHONE.search(before(match, 24, placeholder)))
    )
    return text, mobile + fixed


def _is_mobile(match: re.Match[str], profile: str, placeholder: str) -> bool:
    context = before(match, 24, placeholder)
    if _CALLED.search(context):
        return True
    explicit = (match["country"] or "").startswith(("+", "00")) or match["group"] == "-"
    beside = _ARITHMETIC_BEFORE.search(context) or _ARITHMETIC_AFTER.match(after(match, 8))
    if profile in _STRICT:
        return explicit and not beside
    bare = profile != "zh" and not match["country"] and not match["group"]
    return explicit or not (bare or beside)
