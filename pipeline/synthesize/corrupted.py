"""What a recipe says of a source whose documents are another source's questions with some of their solutions spoilt."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from curricula.settings import Settings, Share
from pipeline.synthesize.corruption import WAYS, Way


class Corrupted(Settings):
    """Questions and answers of another source, a stated share of them spoilt; that source stays as it is.

    For experiments like that of Llama-3-SynE (arXiv 2407.18743) on how much wrongness training bears.
    """

    kind: Literal["corrupted"] = "corrupted"
    source: str
    """A source of kind ``model_written`` or ``synthetic``."""
    rate: Share
    """Share of the documents that are spoilt: of n, exactly ``round(rate * n)``, or as many as can be. What is spoilt
    at a low rate is spoilt in the same way at every higher one."""
    ways: tuple[Way, ...] = Field(default=WAYS, min_length=1)
    """How: each document in one of these, chosen by chance; one that cannot apply gives place to the next."""
    seed: int = 0
    """Which documents, and how."""

    @field_validator("ways")
    @classmethod
    def _each_once(cls, ways: tuple[Way, ...]) -> tuple[Way, ...]:
        if len(set(ways)) < len(ways):
            raise ValueError(f"{', '.join(ways)}: one of them is named twice")
        return ways
