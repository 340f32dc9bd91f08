"""Replay floor: the old distribution never falls under a stated share, whatever the inner method says.

Replay of what the model learnt before is what keeps it from forgetting: about 5 % for a weak shift, 25 % for a new
language (Ibrahim et al. 2403.08763). Put the floor outside of other wrappers; what stands outside it can break it.
"""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from curricula.settings import Share
from mixtures.base import Situation, in_proportion, sources_in
from mixtures.wrapper import Wrapper


class ReplayFloor(Wrapper):
    """Lifts named sources together to a least share and scales the others down in proportion."""

    kind: Literal["replay_floor"] = "replay_floor"
    sources: tuple[str, ...] = Field(min_length=1)
    """The old distribution: sources and groups, counted together."""
    share: Share
    """The least that they hold together."""

    def choose(self, situation: Situation) -> dict[str, float]:
        """Return the inner shares, lifted where needed; ValueError where the old sources are empty.

        Old slices keep their proportions; if the inner method gives them nothing, they follow their sizes.
        """
        shares = self.of.choose(situation)
        named = sources_in(self.sources, situation.groups)
        old = {p.name: shares.get(p.name, 0.0) for p in situation.slices if p.source in named}
        rest = {p.name: shares.get(p.name, 0.0) for p in situation.slices if p.source not in named}
        total = math.fsum(shares.values())
        if math.fsum(old.values()) >= self.share * total:
            return shares
        if not any(old.values()):
            old = {p.name: float(p.tokens) for p in situation.slices if p.name in old}
        lifted = {name: self.share * total * part for name, part in in_proportion(old).items()}
        return {**lifted, **{name: (1 - self.share) * total * part for name, part in in_proportion(rest).items()}}

    def own_names(self) -> tuple[str, ...]:
        """Return the old distribution's names."""
        return self.sources
