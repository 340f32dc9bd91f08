"""Simplified: writes traditional Chinese characters in their simplified form (OpenCC).

Off unless a recipe names it. OpenCC decides by phrases, so ``乾隆`` and ``乾燥`` come out differently; texts without a
traditional character are left alone. The library is an extra: ``pip install headwater[chinese]``.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Self

from pipeline.clean.profile import setting
from pipeline.clean.repair import Repair, Repaired
from pipeline.errors import UserError


class Simplified(Repair):
    """Counts ``simplified``, once a character that changed."""

    kind: Literal["simplified"] = "simplified"
    scheme: Literal["t2s", "tw2s", "tw2sp", "hk2s"] | None = None
    """OpenCC's scheme: plain (t2s), of Taiwan (tw2s, with words: tw2sp) or of Hong Kong (hk2s)."""

    def at(self, folder: Path) -> Self:
        """Raise UserError where the library is missing."""
        if find_spec("opencc") is None:
            raise UserError(
                "clean.repairs: simplified: the library opencc is missing; install the extra `chinese` "
                "(pip install 'headwater[chinese]'), or leave this repair out"
            )
        return self

    def repair(self, text: str, profile: str) -> Repaired:
        """Convert the text."""
        scheme = setting(self, "scheme", profile)
        if text.isascii() or scheme is None:
            return Repaired(text, {})
        readable = text.encode("utf-8", errors="replace").decode("utf-8")
        converted = "\0".join(map(_converter(scheme).convert, readable.split("\0")))
        if converted == text:
            return Repaired(text, {})
        changed = sum(a != b for a, b in zip(text, converted, strict=False))
        return Repaired(converted, {"simplified": max(changed, 1)})


@cache
def _converter(scheme: str) -> Any:
    from opencc import OpenCC

    return OpenCC(scheme)
