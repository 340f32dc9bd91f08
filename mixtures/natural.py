"""Natural: every slice as often as there is of it, so that all of them run dry together.

The baseline that every other mixture is compared with.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mixtures.base import Method, Path, Situation, in_proportion, sources_in


class Natural(Method):
    """Shares in proportion to unique tokens."""

    kind: Literal["natural"] = "natural"
    sources: tuple[str, ...] = Field(min_length=1)
    """Sources that are read; a group stands for its sources, and its own shares do not count."""

    def choose(self, situation: Situation) -> dict[str, float]:
        """Return each slice's part of the named sources' tokens; ValueError where these are all empty."""
        named = sources_in(self.sources, situation.groups)
        return in_proportion({p.name: float(p.tokens if p.source in named else 0) for p in situation.slices})

    def mentions(self) -> dict[Path, str]:
        """Return the names in ``sources``."""
        return {("sources", i): name for i, name in enumerate(self.sources)}
