"""Unicode: mends text that was decoded wrongly (ftfy), and leaves full-width punctuation alone.

Entities of HTML stay where the profile says so: in source code they are meant.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Literal

from pipeline.clean.profile import setting
from pipeline.clean.repair import Repair, Repaired

_MENDABLE_ASCII = re.compile("[&\x00-\x08\x0b\x0e-\x1f\x7f]")
"""What ftfy may change in ASCII: entities and control characters."""


class Unicode(Repair):
    """Counts ``unicode``, once a document."""

    kind: Literal["unicode"] = "unicode"
    entities: bool | None = None
    """Whether HTML entities are decoded, in texts that hold no tags."""

    def repair(self, text: str, profile: str) -> Repaired:
        """Mend encoding, entities, surrogates and control characters."""
        if text.isascii() and not _MENDABLE_ASCII.search(text):
            return Repaired(text, {})  # nothing ftfy would change; half of all English documents
        import ftfy

        decoded = _as_utf16(text) if "\0" in text else text
        mended = str(ftfy.fix_text(decoded, config=_configuration(bool(setting(self, "entities", profile)))))
        return Repaired(mended, {"unicode": 1} if mended != text else {})


def _as_utf16(text: str) -> str:
    """Return the text that was UTF-16 and read byte by byte: a third and more are NULs, every one a half character."""
    halves = {at & 1 for at, character in enumerate(text) if character == "\0"}
    if text.count("\0") * 3 < len(text) or len(halves) != 1 or len(text) % 2:
        return text
    encoding = "utf-16-be" if text.startswith("\0") else "utf-16-le"
    try:
        return text.encode("latin-1").decode(encoding)
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text


@cache
def _configuration(entities: bool) -> Any:
    from ftfy import TextFixerConfig

    return TextFixerConfig(
        unescape_html="auto" if entities else False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        normalization=None,
        explain=False,
    )
