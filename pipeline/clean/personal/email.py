"""E-mail addresses: told from decorators and matrix products (``A@B.T``) by their top-level domain.

Addresses of the reserved domains (RFC 2606) and of programs (``git@``, ``noreply@``) are nobody's and stay.
"""

from __future__ import annotations

import re

from pipeline.clean.personal.substitution import masked

_GENERIC = (
    "com|org|net|edu|gov|mil|int|info|biz|name|pro|aero|coop|museum|jobs|mobi|travel|tel|cat|asia|post|xxx|arpa|"
    "app|dev|cloud|online|site|shop|tech|xyz|top|vip|club|wang|ren|ltd|group|email|mail|work|world|today|news|blog|"
    "agency|company|academy|institute|university|foundation|science|health|law|bank|london|berlin|nyc|tokyo|life|live"
)
_LETTERS = "A-Za-z0-9\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
"""Latin letters with their accents, and digits; Chinese stands beside an address without a space."""
_ADDRESS = re.compile(
    rf"(?<![{_LETTERS}\u0300-\u036f._%+/!#$*?^}}~-])[{_LETTERS}][{_LETTERS}\u0300-\u036f._%+'-]{{0,63}}[@\uff20]"
    rf"(?:[{_LETTERS}](?:[{_LETTERS}-]{{0,62}}[{_LETTERS}])?\.){{1,8}}(?:{_GENERIC}|[A-Za-z]{{2}})"
    rf"(?![{_LETTERS}_-]|\.[A-Za-z])",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"^(?:git|svn|hg|noreply|no-reply|donotreply|do-not-reply|mailer-daemon)[@\uff20]"
    r"|[@.\uff20](?:example\.(?:com|org|net|edu)|[\w.-]+\.(?:example|invalid|test|localhost))$",
    re.IGNORECASE,
)
_CALL = re.compile(r"\s{0,1}[(\[]")
"""What follows the attribute of a matrix (``x@y.to(device)``), never an address."""
_MATRICES = re.compile(r"^[a-z]_?\d{0,2}[@\uff20]|[@\uff20][a-z]\d{0,2}\.|\.(?:to|is|in|me|it|at)$")
"""Of a product in code or mathematics: a factor of one letter, or a word instead of a country."""


def mask_emails(text: str, placeholder: str, profile: str) -> tuple[str, int]:
    """Return the masked text and the number of addresses."""
    if "@" not in text and "\uff20" not in text:
        return text, 0
    return masked(_ADDRESS, text, placeholder, lambda match: _is_address(match, profile))


def _is_address(match: re.Match[str], profile: str) -> bool:
    if _NOBODY.search(match[0]):
        return False
    if profile not in ("code", "mathematics"):
        return True
    called = match[0].count(".") == 1 and _CALL.match(match.string, match.end())
    return not (called or _MATRICES.search(match[0].lower()))
