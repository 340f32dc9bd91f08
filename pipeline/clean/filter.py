"""A filter: one rule that may turn a document away, with the value it found and the value it allows.

A filter is settings plus one verb and knows nothing of datatrove; the adapter in `pipeline.clean.adapter` carries
it there. Thresholds left at None come from the language profile in `pipeline/clean/profiles/*.yaml`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

from curricula.settings import Settings


@dataclass(frozen=True)
class Page:
    """What a filter may look at."""

    text: str
    profile: str
    """Which thresholds apply: ``en``, ``zh``, ``code``, ``mathematics`` or ``qa``."""
    language: str
    """Identified language: ISO 639-3 and script, such as ``eng_Latn`` or ``cmn_Hani``; empty before identification."""
    language_score: float


class Rejection(NamedTuple):
    """Why a document was turned away."""

    reason: str
    """Stable snake_case name, used as a folder under ``removed/``."""
    found: str
    allowed: str


class Filter(Settings, ABC):
    """One rule. Its ``kind`` names its section in the profiles."""

    kind: str

    @abstractmethod
    def reject(self, page: Page) -> Rejection | None:
        """Return why the page is turned away, or None to keep it. Never raises, whatever the text."""
