"""Repeated lines: keeps the first of a document's equal lines or paragraphs, where a page says the same again.

Only lines long enough to be a statement count, so verses, braces and table rules stay; in code and questions the
profile switches it off.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from pipeline.clean.profile import setting
from pipeline.clean.repair import Repair, Repaired


class RepeatedLines(Repair):
    """Counts ``repeated_lines``, once a line that was taken out."""

    spares_code: ClassVar[bool] = True
    kind: Literal["repeated_lines"] = "repeated_lines"
    shortest: int | None = Field(default=None, ge=1)
    """A line of fewer characters may recur."""
    kept: int | None = Field(default=None, ge=1)
    """How often the same line may stand in one document."""

    def repair(self, text: str, profile: str) -> Repaired:
        """Take out the later ones, first lines, then the blank lines they leave doubled."""
        shortest, kept = setting(self, "shortest", profile), setting(self, "kept", profile)
        if shortest is None or kept is None or "\n" not in text:
            return Repaired(text, {})
        lines = text.split("\n")
        long = [stripped for line in lines if len(stripped := line.strip()) >= shortest]
        if len(long) == len(set(long)):
            return Repaired(text, {})
        stays, taken = _without_repeats(lines, shortest, kept)
        return Repaired("\n".join(stays), {"repeated_lines": len(taken)} if taken else {}, tuple(taken))


def _without_repeats(lines: list[str], shortest: int, kept: int) -> tuple[list[str], list[str]]:
    """Return the lines that stay, and those with text that do not."""
    seen: dict[str, int] = {}
    stays: list[str] = []
    taken: list[str] = []
    gap = False
    for line in lines:
        stripped = line.strip()
        if len(stripped) >= shortest:
            seen[stripped] = seen.get(stripped, 0) + 1
            if seen[stripped] > kept:
                taken.append(line)
                gap = True
                continue
        if gap and not stripped and not stays[-1].strip():
            continue
        gap = False
        stays.append(line)
    return stays, taken
