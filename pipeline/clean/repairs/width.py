"""Width: writes full-width Latin letters and digits in the usual width, and keeps Chinese punctuation.

``ＡＢＣ１２３`` becomes ``ABC123``; ``，。！？：；（）`` stay as they are, because Chinese is written so. ftfy and NFKC
would change those too.
"""

from __future__ import annotations

import re
from typing import Literal

from pipeline.clean.profile import setting
from pipeline.clean.repair import Repair, Repaired

_ALL = re.compile("[\u3000\uff01-\uff5e]")
_ALPHANUMERIC = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")
_JOINED = re.compile("(?<=[0-9A-Za-z])[\uff0e\uff05\uff0f\uff0d\uff20\uff3f](?=[0-9A-Za-z])|(?<=[0-9])\uff05")
"""Full-width signs inside a number or name: ``３．１４``, ``５０％``, ``ＴＣＰ／ＩＰ``."""
_TABLE = {0x3000: 0x20, **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}}


class Width(Repair):
    """Counts ``width``, once a character."""

    kind: Literal["width"] = "width"
    narrow: Literal["letters_and_digits", "everything", "nothing"] | None = None
    """What is written in the usual width; ``everything`` takes punctuation and the ideographic space too."""

    def repair(self, text: str, profile: str) -> Repaired:
        """Replace what is to be narrow."""
        narrow = setting(self, "narrow", profile)
        if text.isascii() or narrow in (None, "nothing"):
            return Repaired(text, {})
        found = len((_ALL if narrow == "everything" else _ALPHANUMERIC).findall(text))
        if not found:
            return Repaired(text, {})
        if narrow == "everything":
            return Repaired(text.translate(_TABLE), {"width": found})
        narrowed = _ALPHANUMERIC.sub(_narrow, text)
        return Repaired(_JOINED.sub(_narrow, narrowed), {"width": found})


def _narrow(found: re.Match[str]) -> str:
    return found[0].translate(_TABLE)
