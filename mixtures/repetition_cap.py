"""Repetition cap: a slice that has been read a stated number of times is taken out.

The first few repetitions cost little, later ones are worth less and less (Muennighoff et al. 2305.16264). The cap
looks ahead: a slice that would pass it inside the coming round gets only what is left, so the cap holds to within
one sequence. Readings are counted from the start of the run, not of the phase.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field, model_validator

from mixtures.base import Situation, Slice, by_source
from mixtures.bounded import bounded
from mixtures.wrapper import Wrapper

ROUNDING = 1e-9
"""Shares closer than this are the same; what is left of a corpus and of a phase can agree only so far."""


class RepetitionCap(Wrapper):
    """Never reads a slice, or a source, more than ``epochs`` times; others take over its share."""

    kind: Literal["repetition_cap"] = "repetition_cap"
    epochs: float = Field(gt=0)
    """Most readings in the whole run; 4 is a common choice."""
    per: Literal["slice", "source"] = "slice"
    """What is counted and taken out."""
    freed: Literal["everyone", "within_source"] = "everyone"
    """Who takes over: all that are not at the cap, in proportion to their shares; or first the slices of the same
    source, in proportion, and everyone only when these are at the cap as well."""

    @model_validator(mode="after")
    def _source_has_slices_left(self) -> RepetitionCap:
        if self.per == "source" and self.freed == "within_source":
            raise ValueError("freed: within_source needs per: slice; a source that is out has no slices left")
        return self

    def choose(self, situation: Situation) -> dict[str, float]:
        """Return the inner shares under the cap; ValueError where too little text is left under it."""
        shares = self.of.choose(situation)
        if self.per == "slice":
            return self._under_cap(shares, situation)
        return self._whole_sources(shares, situation)

    def _whole_sources(self, shares: Mapping[str, float], situation: Situation) -> dict[str, float]:
        before = by_source(shares, situation.slices)
        after = self._under_cap(before, situation)
        return {
            p.name: shares.get(p.name, 0.0) * (after[p.source] / before[p.source]) if before[p.source] else 0.0
            for p in situation.slices
        }

    def _under_cap(self, shares: Mapping[str, float], situation: Situation) -> dict[str, float]:
        """Return shares of the counted things, slices or sources, under the cap."""
        total = math.fsum(shares.values())
        room = {name: min(most, total) for name, most in self._room(situation).items() if name in shares}
        if all(share <= room[name] for name, share in shares.items()):
            return dict(shares)
        left = math.fsum(room[name] for name, share in shares.items() if share > 0)
        if left < total * (1 - ROUNDING):
            raise ValueError(self._exhausted(shares, left))
        if self.freed == "within_source":
            shares = _shift_inside(shares, room, situation.slices)
        return bounded(shares, dict.fromkeys(shares, 0.0), room, min(total, left))

    def counted(self, slices: Iterable[Slice]) -> dict[str, list[Slice]]:
        """Return what is counted, slices or sources, by name and with the slices that it holds."""
        pieces: dict[str, list[Slice]] = {}
        for piece in slices:
            pieces.setdefault(piece.source if self.per == "source" else piece.name, []).append(piece)
        return pieces

    def _room(self, situation: Situation) -> dict[str, float]:
        """Return the largest share of the coming round with which each counted thing stays under the cap."""
        return {name: self._room_of(mine, situation) for name, mine in self.counted(situation.slices).items()}

    def _room_of(self, pieces: list[Slice], situation: Situation) -> float:
        allowed = self.epochs * sum(p.tokens for p in pieces)
        left = allowed - math.fsum(situation.epochs.get(p.name, 0.0) * p.tokens for p in pieces)
        if left <= ROUNDING * allowed:
            return 0.0
        return left / situation.round_tokens if situation.round_tokens else 1.0

    def _exhausted(self, shares: Mapping[str, float], left: float) -> str:
        read = ", ".join(sorted(name for name, share in shares.items() if share > 0))
        return (
            f"repetition_cap: {self.epochs:g} epochs of {read} leave text for {100 * left:.3g} % of the next round; "
            "raise epochs, add sources, or shorten the phase"
        )


def _shift_inside(
    shares: Mapping[str, float], room: Mapping[str, float], slices: tuple[Slice, ...]
) -> dict[str, float]:
    """Return shares in which every source has spread what its full slices cannot hold over its other slices."""
    shifted = {}
    for source, total in by_source(shares, slices).items():
        mine = {p.name: shares[p.name] for p in slices if p.source == source and p.name in shares}
        possible = min(total, math.fsum(room[name] for name, share in mine.items() if share > 0))
        if possible > 0:
            shifted.update(bounded(mine, dict.fromkeys(mine, 0.0), room, possible))
        else:
            shifted.update(dict.fromkeys(mine, 0.0))
    return shifted
