"""A repair: one thing that is mended in a text, and how often it was.

Repairs run before the language is identified and before any filter judges, in the recipe's order. Each is settings
plus one verb, like a filter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from pipeline.clean.rule import Rule


class Repaired(NamedTuple):
    """A text after a repair."""

    text: str
    counts: Mapping[str, int]
    """What was mended -> in how many places; what was not found is left out."""
    lines: tuple[str, ...] = ()
    """Lines that were taken out, as they stood."""


class Repair(Rule, ABC):
    """One thing to mend. Its ``kind`` names its section in the profiles."""

    spares_code: ClassVar[bool] = False
    """Whether it is not shown fenced blocks of code, in which its rules for prose would do harm."""

    @abstractmethod
    def repair(self, text: str, profile: str) -> Repaired:
        """Return the mended text; mending it again changes nothing. Never raises, whatever the text."""
