"""IP addresses: only global ones, and not version or section numbers, which have four parts too.

A dotted number after a word or sign that announces a version or section, or with four parts of 20 and less, is no
address unless the text calls it one. Addresses of version 6 must lie in 2000::/3, where all of today's do.
"""

from __future__ import annotations

import ipaddress
import re

from pipeline.clean.personal.substitution import before, masked

_FOUR = re.compile(r"\d(?<![\w.]\d)\d{0,2}\.(?:\d{1,3}\.){2}\d{1,3}(?![\w]|\.\d)", re.ASCII)
_SIX = re.compile(r"[23](?<![\w:.][23])[0-9A-Fa-f]{3}:[0-9A-Fa-f:]{2,34}(?![\w:])", re.ASCII)
_CALLED = re.compile(
    r"\b(?:ips?|ipv[46]|address(?:es)?|addr|hosts?|servers?|from|gateway|nameserver|ping|received|client|login)\b"
    r"|地址|服务器|主机|网关|来自"
)
_NUMBERED = re.compile(
    r"(?:version|versions|release|released|ver|rev|revision|build|firmware|driver|kernel|section|sections|chapter|§+"
    r"|clause|article|paragraph|table|figure|fig|eq|equation|theorem|lemma|版本|版|第|章|节|条|款|图|表|式)"
    r"[\s.:#(（]{0,3}$|[vV=~<>^/\\$*+×_-]\s?$"
)
_SMALL = 20


def mask_ip_addresses(text: str, placeholder: str, profile: str) -> tuple[str, int]:
    """Return the masked text and the number of addresses."""
    found = 0
    if text.count(".") >= 3:
        text, found = masked(_FOUR, text, placeholder, _is_four)
    if ":" in text:
        text, six = masked(_SIX, text, placeholder, _is_six)
        found += six
    return text, found


def _is_four(match: re.Match[str]) -> bool:
    parts = match[0].split(".")
    if any(len(part) > 1 and part[0] == "0" for part in parts) or max(map(int, parts)) > 255:
        return False
    if not ipaddress.IPv4Address(match[0]).is_global:
        return False
    context = before(match, 30)
    if _NUMBERED.search(context):
        return bool(_CALLED.search(context)) and not re.search(r"version|release|版本|section|chapter", context)
    return max(map(int, parts)) > _SMALL or bool(_CALLED.search(context))


def _is_six(match: re.Match[str]) -> bool:
    try:
        return ipaddress.IPv6Address(match[0].rstrip(":")).is_global
    except ValueError:
        return False
