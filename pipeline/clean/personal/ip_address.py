"""IP addresses: only global ones, and not version or section numbers, which have four parts too.

Of the words shortly before a dotted number the nearest decides: one that announces a version or section, or one that
calls it an address. Four parts of 20 and less, a number after a sign, and any in code must be called an address.
Addresses of version 6 must lie in 2000::/3, where all of today's do.
"""

from __future__ import annotations

import ipaddress
import re

from pipeline.clean.personal.substitution import after, before, masked

_FOUR = re.compile(r"\d(?<![\w.]\d)\d{0,2}\.(?:\d{1,3}\.){2}\d{1,3}(?![\w]|\.\d)", re.ASCII)
_SIX = re.compile(r"[23](?<![\w:.][23])[0-9A-Fa-f]{3}:[0-9A-Fa-f:]{2,34}(?![\w:])", re.ASCII)
_CALLED = re.compile(
    r"(?<![a-z])(?:ips?|ipv[46]|address(?:es)?|addr|hosts?|servers?|from|gateway|nameserver|ping|received|client|login"
    r"|src|dst|source|dest|destination|remote|peer)(?![a-z])|地址|服务器|主机|网关|来自|://$"
)
_ANNOUNCED = re.compile(
    r"(?<![a-z])(?:versions?|released?|firmware|sections?|chapters?|specs?|specification|oids?|chrome|chromium|firefox"
    r"|safari|opera|browser|software|packages?|upgraded?|updated?|lib[a-z]\w*)(?![a-z])|版本"
)
"""Words after which, some words on, a number is no address."""
_NUMBERED = re.compile(
    r"(?:(?<![a-z])(?:ver|rev|revision|build|driver|kernel|clause|article|paragraph|table|figure|fig|eq|equation"
    r"|theorem|lemma|pi)|[§π]|版|第|章|节|条|款|图|表|式)[\s.:#(（\"“']{0,3}$|[v=~<>^/\\$*+×_-]\s?$"
)
"""What stands right before a number that is no address."""
_SMALL = 20


def mask_ip_addresses(text: str, placeholder: str, profile: str) -> tuple[str, int]:
    """Return the masked text and the number of addresses."""
    found = 0
    if text.count(".") >= 3:
        text, found = masked(_FOUR, text, placeholder, lambda match: _is_four(match, profile, placeholder))
    if ":" in text:
        text, six = masked(_SIX, text, placeholder, _is_six)
        found += six
    return text, found


def _is_four(match: re.Match[str], profile: str, placeholder: str) -> bool:
    parts = match[0].split(".")
    if any(len(part) > 1 and part[0] == "0" for part in parts) or max(map(int, parts)) > 255:
        return False
    if not ipaddress.IPv4Address(match[0]).is_global:
        return False
    context = before(match, 30, placeholder)
    called, announced = _last(_CALLED, context), _last(_ANNOUNCED, context)
    if called >= 0 or announced >= 0:
        return called > announced
    if profile == "code" or max(map(int, parts)) <= _SMALL:
        return False
    return _is_enclosed(context, after(match, 1)) or not _NUMBERED.search(context)


def _last(expression: re.Pattern[str], context: str) -> int:
    return max((match.start() for match in expression.finditer(context)), default=-1)


def _is_enclosed(context: str, follows: str) -> bool:
    return context.endswith("<") and follows == ">"


def _is_six(match: re.Match[str]) -> bool:
    try:
        return ipaddress.IPv6Address(match[0].rstrip(":")).is_global
    except ValueError:
        return False
