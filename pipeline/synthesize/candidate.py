"""A candidate: a question and solution as a model wrote them, with the snippet that they were written from."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.label.taxonomy import Language
from pipeline.synthesize.families.family import Aim
from pipeline.synthesize.family_list import FAMILIES
from pipeline.synthesize.family_list import FamilyName as Family
from pipeline.synthesize.pair import Pair

__all__ = ["Candidate", "Family", "Pair"]


@dataclass(frozen=True)
class Candidate:
    """What checks look at."""

    pair: Pair
    snippet: str
    language: Language
    """The language in which it was asked for."""
    family: Family

    @property
    def aim(self) -> Aim:
        """What may be expected of it."""
        return FAMILIES[self.family].aim
