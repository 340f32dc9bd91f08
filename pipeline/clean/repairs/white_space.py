r"""White space: takes out what cannot be seen and what only a page's layout put there; indentation stays.

Line ends become ``\n``, space before a line's end goes, and more blank lines than are allowed become that many. Spaces
inside a line mean something in code and in tables, so runs of them stay unless the profile says otherwise, and in
fenced code always.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from pipeline.clean.fences import hidden, shown
from pipeline.clean.profile import setting
from pipeline.clean.repair import Repair, Repaired

_LINE_END = re.compile("\r\n?|\u2028|\u2029|\x85")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad\u202a-\u202e]")
"""Zero-width space, word joiner, byte-order mark, soft hyphen and forced directions; joiners of Indic scripts and of
emoji stay."""
_TRAILING = re.compile(r"(?<=\S)[^\S\n]{1,10000}(?=\n|\Z)|^[^\S\n]{1,10000}$", re.MULTILINE)
_ENDS = (" ", "\t", "\u3000", "\u00a0")
_BEFORE_BREAK = tuple(end + "\n" for end in _ENDS)
_INSIDE = re.compile("(?<=\\S)[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]{2,}(?=\\S)")


class WhiteSpace(Repair):
    """Counts ``white_space``, once a document."""

    kind: Literal["white_space"] = "white_space"
    blank_lines: int | None = Field(default=None, ge=0)
    """Greatest number of blank lines in a row."""
    single_spaces: bool | None = None
    """Whether a run of spaces inside a line becomes one."""

    def repair(self, text: str, profile: str) -> Repaired:
        """Mend line ends, then what cannot be seen, then runs of space."""
        mended = text if text.isascii() else _INVISIBLE.sub("", text)
        if "\r" in mended or not mended.isascii():
            mended = _LINE_END.sub("\n", mended)
        if mended.endswith(_ENDS) or any(end in mended for end in _BEFORE_BREAK):
            mended = _TRAILING.sub("", mended)
        if setting(self, "single_spaces", profile):
            prose, code = hidden(mended)
            mended = shown(_INSIDE.sub(" ", prose), code)
        most = setting(self, "blank_lines", profile)
        if most is not None and "\n" * (most + 2) in mended:
            mended = re.sub(f"\n{{{most + 2},}}", "\n" * (most + 1), mended)
        mended = mended.strip("\n")
        return Repaired(mended, {"white_space": 1} if mended != text else {})
