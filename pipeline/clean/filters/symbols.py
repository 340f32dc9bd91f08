"""Symbols: turns away documents made of signs and figures rather than language (Gopher, arXiv 2112.11446).

Letters of every script count as letters, so Chinese passes. Formulas and fenced code are left out of the count, and
the profiles for mathematics and code ask for fewer.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from curricula.settings import Share
from pipeline.clean.filter import Filter, Page, Rejection
from pipeline.clean.profile import threshold

_BULLETS = ("\u2022", "\u2023", "\u25b6", "\u25c0", "\u25e6", "\u25a0", "\u25a1", "\u25cf", "- ", "* ", "\u00b7")
_SIGN = re.compile(r"[|_~^*#%&=+<>/\\@$`{}\[\]]")
_LAYOUT = re.compile(r"^[ \t]*(?:[>|][ \t]?){1,20}|([|_~^*#%&=+<>/])\1{3,}|\bhttps?://\S{1,2000}", re.MULTILINE)
"""Marks of a quotation, drawn lines and addresses: signs that stand in any letter."""
_ELLIPSES = ("...", "\u2026")


class Symbols(Filter):
    """Turns away ``few_letters``, ``many_signs``, ``bullet_lines`` and ``ellipsis_lines``."""

    kind: Literal["symbols"] = "symbols"
    letters: Share | None = None
    """Least share of letters among the visible characters."""
    signs: Share | None = None
    """Greatest share of signs other than punctuation among the visible characters; marks of quotation, drawn lines and
    addresses are left out."""
    bullet_lines: Share | None = None
    """Greatest share of lines that begin with a bullet."""
    ellipsis_lines: Share | None = None
    """Greatest share of lines that end in an ellipsis."""

    def reject(self, page: Page) -> Rejection | None:
        """Check letters, then the beginnings and ends of lines."""
        least = threshold(self, "letters", page)
        if least is not None and (found := _letters_of_prose(page)) < least:
            return Rejection("few_letters", f"{found:.3f} of visible characters", f"at least {least}")
        most = threshold(self, "signs", page)
        if most is not None and sign_share(page.prose) > most and (found := _signs_of_prose(page)) > most:
            return Rejection("many_signs", f"{found:.3f} of visible characters", f"at most {most}")
        lines = page.prose_lines
        most = threshold(self, "bullet_lines", page)
        if most is not None and lines and (found := _share(line.startswith(_BULLETS) for line in lines)) > most:
            return Rejection("bullet_lines", f"{found:.3f} of lines", f"at most {most}")
        most = threshold(self, "ellipsis_lines", page)
        if most is not None and lines and (found := _share(line.endswith(_ELLIPSES) for line in lines)) > most:
            return Rejection("ellipsis_lines", f"{found:.3f} of lines", f"at most {most}")
        return None


def _share(marks: Iterable[bool]) -> float:
    seen = list(marks)
    return sum(seen) / len(seen)


def _letters_of_prose(page: Page) -> float:
    """Return the letters' share outside formulas and code, or of all of it where there is nothing else."""
    return letter_share(page.prose if page.prose.strip() else page.head)


def _signs_of_prose(page: Page) -> float:
    """Return the signs' share outside formulas, code, marks of quotation, drawn lines and addresses."""
    return sign_share(_LAYOUT.sub(" ", page.prose))


def letter_share(text: str) -> float:
    """Return letters (of any script) divided by visible characters; 0 for a text without any."""
    if text.isascii():
        codes: npt.NDArray[Any] = np.frombuffer(text.encode("ascii"), dtype=np.uint8)
    else:
        codes = np.frombuffer(text.encode("utf-32-le", errors="replace"), dtype=np.uint32)
    letters, visible = _classes()
    seen = int(visible[codes].sum())
    return int(letters[codes].sum()) / seen if seen else 0.0


def sign_share(text: str) -> float:
    """Return the share of signs such as ``|_~^*#%&=+<>`` in the visible characters; 0 for a text without any."""
    visible = len(text) - sum(map(text.count, " \n\t"))
    return len(_SIGN.findall(text)) / visible if visible else 0.0


@cache
def _classes() -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return for every code point whether it is a letter, and whether it can be seen."""
    characters = list(map(chr, range(sys.maxunicode + 1)))
    letters = np.fromiter(map(str.isalpha, characters), dtype=bool, count=len(characters))
    visible = ~np.fromiter(map(str.isspace, characters), dtype=bool, count=len(characters))
    return letters, visible
