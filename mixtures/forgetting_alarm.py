"""The forgetting alarm: old sources whose held-out loss has risen above the base's, and what is then done about it.

It answers to what was measured last and keeps no state of its own, so a ledger's rounds can be derived again from
their records, and a share that was raised comes down again once the loss does. It has the last word on shares: what a
repetition cap holds back, a raised source may read again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field

from curricula.settings import Settings, Share
from mixtures.base import Groups, Slice, by_source, in_proportion, sources_in

Signals = Mapping[str, Mapping[str, float]]


class RaiseReplay(Settings):
    """Give more to what is being forgotten, from the next round on."""

    kind: Literal["raise_replay"] = "raise_replay"
    by: Share = 0.05
    """Added to a source's share for every ``rise`` that it is above the base."""
    most: Share = 0.5
    """The most that raised sources hold together; shares that were higher before stay."""


class Stop(Settings):
    """End training before the next round, with everything saved; an amendment lets it go on."""

    kind: Literal["stop"] = "stop"


class ForgettingAlarm(Settings):
    """Rings for every named source that is forgotten by ``rise`` or more."""

    sources: tuple[str, ...] = Field(min_length=1)
    """What must not be forgotten: sources and groups, each source watched for itself."""
    rise: float = Field(gt=0)
    """Nats per token above the base at which it rings; a source's slices count by their tokens."""
    action: Annotated[RaiseReplay | Stop, Field(discriminator="kind")] = RaiseReplay()
    """What is done."""

    def forgotten(self, slices: Iterable[Slice], groups: Groups, signals: Signals) -> dict[str, float]:
        """Return how far each named source that was measured is above the base, in nats per token."""
        now, base = signals.get("validation_loss", {}), signals.get("base_loss", {})
        named = sources_in(self.sources, groups)
        rows: dict[str, list[tuple[int, float]]] = {}
        for piece in slices:
            if piece.source in named and piece.name in now and piece.name in base:
                rows.setdefault(piece.source, []).append((max(1, piece.tokens), now[piece.name] - base[piece.name]))
        return {
            source: math.fsum(tokens * rise for tokens, rise in parts) / sum(tokens for tokens, _ in parts)
            for source, parts in sorted(rows.items())
        }

    def levels(self, slices: Iterable[Slice], groups: Groups, signals: Signals) -> dict[str, int]:
        """Return the sources for which it rings, and how many times ``rise`` each is above the base, rounded down."""
        # The summand keeps a rise of exactly n times ``rise`` from being rounded to n - 1.
        rises = self.forgotten(slices, groups, signals)
        found = {source: int(nats / self.rise + 1e-9) for source, nats in rises.items() if nats > 0}
        return {source: level for source, level in found.items() if level}

    def corrected(
        self, shares: Mapping[str, float], slices: tuple[Slice, ...], groups: Groups, signals: Signals
    ) -> dict[str, float]:
        """Return the shares of the next round: as they are, or raised, with the others scaled down in proportion."""
        if self.action.kind == "stop":
            return dict(shares)
        filled = {p.source for p in slices if p.tokens}
        levels = {s: n for s, n in self.levels(slices, groups, signals).items() if s in filled}
        before = by_source(shares, slices)
        held = math.fsum(before[source] for source in levels)
        wanted = self.action.by * sum(levels.values())
        added = min(wanted, max(0.0, self.action.most - held), 1.0 - held)
        if added <= 0:
            return dict(shares)
        left = (1.0 - held - added) / (1.0 - held)
        raised = {s: before[s] + added * self.action.by * n / wanted for s, n in levels.items()}
        result = {p.name: shares.get(p.name, 0.0) * left for p in slices if p.source not in raised}
        for source, share in raised.items():
            mine = [p for p in slices if p.source == source]
            weights = {p.name: shares.get(p.name, 0.0) for p in mine}
            parts = in_proportion(weights if any(weights.values()) else {p.name: float(p.tokens) for p in mine})
            result |= {name: share * part for name, part in parts.items()}
        return result
