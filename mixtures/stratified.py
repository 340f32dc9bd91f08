"""Stratified: the same share for every slice, however much there is of it.

A baseline for topic mixtures; small slices repeat soonest, so it usually stands inside a repetition cap.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mixtures.base import Method, Path, Situation, in_proportion, sources_in


class Stratified(Method):
    """Equal shares for all slices that hold tokens."""

    kind: Literal["stratified"] = "stratified"
    sources: tuple[str, ...] = Field(min_length=1)
    """Sources whose slices are read; a group stands for its sources."""

    def choose(self, situation: Situation) -> dict[str, float]:
        """Return 1/n for each of the n slices with tokens; ValueError where there are none."""
        named = sources_in(self.sources, situation.groups)
        return in_proportion({p.name: float(p.source in named and p.tokens > 0) for p in situation.slices})

    def mentions(self) -> dict[Path, str]:
        """Return the names in ``sources``."""
        return {("sources", i): name for i, name in enumerate(self.sources)}
