"""Natural: every slice as often as there is of it, so that all of them run dry together.

The baseline that every other mixture is compared with.
"""

from __future__ import annotations

from typing import Literal

from mixtures.base import Method, Names, Path, Situation, in_proportion, selected


class Natural(Method):
    """Shares in proportion to unique tokens."""

    kind: Literal["natural"] = "natural"
    sources: Names
    """Sources that are read, or ``all``; a group stands for its sources, and its own shares do not count."""

    def choose(self, situation: Situation) -> dict[str, float]:
        """Return each slice's part of the named sources' tokens; ValueError where these are all empty."""
        named = selected(self.sources, situation)
        return in_proportion({p.name: float(p.tokens if p.source in named else 0) for p in situation.slices})

    def mentions(self) -> dict[Path, str]:
        """Return the names in ``sources``."""
        return {("sources", i): name for i, name in enumerate(self.sources)}

    @property
    def reads_everything(self) -> bool:
        """Whether ``sources`` is ``all``."""
        return not self.sources
