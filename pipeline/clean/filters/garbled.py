"""Garbled: turns away text that was decoded wrongly somewhere before it came here.

What could be repaired has been (ftfy runs first); this rule judges what is left.
"""

from __future__ import annotations

import re
from typing import Literal

from curricula.settings import Share
from pipeline.clean.filter import Filter, Page, Rejection
from pipeline.clean.profile import threshold

_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1b\x7f-\x9f\ufffd\ufffe\uffff\ue000-\uf8ff]")
_CHINESE_TRACES = re.compile("\u951f\u65a4\u62f7|\u65a4\u62f7|\u70eb\u70eb\u70eb|\u5c6f\u5c6f\u5c6f")
"""What U+FFFD and uninitialised memory turn into when read as GBK."""
_SUSPECTS = re.compile(
    "[\u0080-\u024f]|[^\x00-\u024f\u3000-\u9fff\uff00-\uffef]{2}|\u951f|\u65a4\u62f7|\u70eb\u70eb|\u5c6f\u5c6f"
)
"""Every trace holds one: an accented letter or Latin-1 sign, or two signs beyond it side by side; quotation marks and
dashes of well decoded text stand alone."""


class Garbled(Filter):
    """Turns away ``broken_characters`` and ``mojibake``."""

    kind: Literal["garbled"] = "garbled"
    broken: Share | None = None
    """Greatest share of replacement, control and private-use characters."""
    mojibake: Share | None = None
    """Greatest share of character sequences that only wrong decoding makes."""

    def reject(self, page: Page) -> Rejection | None:
        """Count broken characters, then traces of wrong decoding."""
        size = max(len(page.head), 1)
        most = threshold(self, "broken", page)
        if most is not None and (found := len(_CONTROL.findall(page.head)) / size) > most:
            return Rejection("broken_characters", f"{found:.4f} of characters", f"at most {most}")
        most = threshold(self, "mojibake", page)
        if most is not None and not _may_exceed(page.head, most * size):
            return None
        if most is not None and (found := _traces(page.head) / size) > most:
            return Rejection("mojibake", f"{found:.4f} traces a character", f"at most {most}")
        return None


def _may_exceed(text: str, traces: float) -> bool:
    """Say whether there may be more traces than these: ftfy's count costs more than all other rules together."""
    return not text.isascii() and len(_SUSPECTS.findall(text)) > traces


def _traces(text: str) -> int:
    if text.isascii():
        return 0
    from ftfy.badness import badness

    return int(badness(text)) + len(_CHINESE_TRACES.findall(text))
