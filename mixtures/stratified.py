"""Stratified: the same share for every slice, however much there is of it.

A baseline for topic mixtures; small slices repeat soonest, so it usually stands inside a repetition cap.
"""

from __future__ import annotations

from typing import Literal

from mixtures.base import Method, Names, Path, Situation, in_proportion, selected


class Stratified(Method):
    """Equal shares for all slices that hold tokens."""

    kind: Literal["stratified"] = "stratified"
    sources: Names
    """Sources whose slices are read, or ``all``; a group stands for its sources."""

    def choose(self, situation: Situation) -> dict[str, float]:
        """Return 1/n for each of the n slices with tokens; ValueError where there are none."""
        named = selected(self.sources, situation)
        return in_proportion({p.name: float(p.source in named and p.tokens > 0) for p in situation.slices})

    def mentions(self) -> dict[Path, str]:
        """Return the names in ``sources``."""
        return {("sources", i): name for i, name in enumerate(self.sources)}

    @property
    def reads_everything(self) -> bool:
        """Whether ``sources`` is ``all``."""
        return not self.sources
