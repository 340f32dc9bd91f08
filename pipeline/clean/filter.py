"""A filter: one rule that may turn a document away, with the value it found and the value it allows.

A filter is settings plus one verb and knows nothing of datatrove; the adapter in `pipeline.clean.adapter` carries
it there. Thresholds left at None come from the language profile in `pipeline/clean/profiles/*.yaml`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from pipeline.clean.page import Page
from pipeline.clean.rule import Rule

__all__ = ["Filter", "Page", "Rejection"]


class Rejection(NamedTuple):
    """Why a document was turned away."""

    reason: str
    """Stable snake_case name, used as a folder under ``removed/``."""
    found: str
    allowed: str


class Filter(Rule, ABC):
    """One rule. Its ``kind`` names its section in the profiles."""

    @abstractmethod
    def reject(self, page: Page) -> Rejection | None:
        """Return why the page is turned away, or None to keep it. Never raises, whatever the text."""
