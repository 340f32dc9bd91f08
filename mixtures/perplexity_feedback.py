"""Perplexity feedback: the topic mixture of Llama-3-SynE, driven by how validation perplexity changed.

Topics whose perplexity got worse get more, topics that improved get less (Figure 1 of arXiv 2407.18743):
``r_i = r_i * f_i / sum_j r_j * f_j`` with ``f_i = 1 + alpha * delta_i * w_i`` and
``delta_i = (p_i - earlier p_i) / sum_j |p_j - earlier p_j|``. Printed in the paper are the update and its sign;
alpha, w and the guards are ours: f is clipped to [0.5, 2], shares stay between a floor and a cap relative to the
natural ones, and one update moves at most 3 % (the largest change between phases of YuLan-Mini, 2412.17743).

The state is in the ledger: earlier shares and earlier signals come with the `Situation`, so every update can be
derived again from the records. A moving average of perplexities would need more memory than that, and is left out.

    mixture:
      kind: perplexity_feedback
      of: {kind: static, shares: {zh: 0.2, en: 0.8}}
      sources: [web-zh, web-en]      # cut into topics by ``slices: [topic]``
      alpha: 0.5
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from curricula.settings import Share
from mixtures.base import Path, Situation, Slice, by_source, sources_in
from mixtures.bounded import bounded
from mixtures.wrapper import Wrapper

SMALLEST_FACTOR, LARGEST_FACTOR = 0.5, 2.0
Shares = Mapping[str, float]


class PerplexityFeedback(Wrapper):
    """Re-weighs the slices inside each named source; how much each source gets stays the inner method's word."""

    kind: Literal["perplexity_feedback"] = "perplexity_feedback"
    sources: tuple[str, ...] = Field(min_length=1)
    """Sources whose slices are topics, each source for itself; a group stands for its sources."""
    signal: str = "validation_loss"
    """Mean loss per token (nats) of each slice; its exponential is the perplexity."""
    change: Literal["perplexity", "relative", "nll"] = "perplexity"
    """How a change is measured: in perplexity as the paper does, which topics of high perplexity dominate; relative
    to the earlier perplexity; or in nats."""
    alpha: float = Field(default=0.5, gt=0)
    """Strength. Up to 1 every factor is positive even without the clip, at weights up to 1."""
    weights: dict[str, float] = {}
    """w: importance of a slice, by its whole name (``web-en/topic=law``); 1 where nothing is said."""
    floor: Share = 0.25
    """Least share of a topic inside its source, as a multiple of the natural one."""
    cap: float = Field(default=4.0, ge=1)
    """Largest share of a topic inside its source, as a multiple of the natural one."""
    epochs: float = Field(default=4.0, gt=0)
    """A topic that has been read this often is worth nothing at the next update. To stop at once, wrap the whole in
    a repetition cap."""
    largest_change: Share = 0.03
    """Most that one update moves inside a source: half the sum of absolute changes of its topics' shares."""

    def choose(self, situation: Situation) -> dict[str, float]:
        """Return the inner method's shares with the topics of each source re-weighed.

        Shares move only at a round whose signals differ from those of the round before. Topics without a signal in
        both keep their share. ValueError where ``weights`` names no slice.
        """
        shares = self.of.choose(situation)
        self._check_weights(situation)
        named = sources_in(self.sources, situation.groups)
        pieces: dict[str, list[Slice]] = {}
        for piece in situation.slices:
            if piece.source in named and piece.tokens:
                pieces.setdefault(piece.source, []).append(piece)
        totals = by_source(shares, situation.slices)
        for source, topics in pieces.items():
            if totals[source] > 0:
                inside = self._inside(_Topics.of(topics, shares, situation), situation)
                shares |= {name: totals[source] * share for name, share in inside.items()}
        return shares

    def own_names(self) -> tuple[str, ...]:
        """Return the sources whose topics are re-weighed."""
        return self.sources

    def named_slices(self) -> dict[Path, str]:
        """Return the names in ``weights``, and the inner method's."""
        return {**super().named_slices(), **{("weights", name): name for name in self.weights}}

    def _check_weights(self, situation: Situation) -> None:
        names = [piece.name for piece in situation.slices]
        unknown = sorted(set(self.weights) - set(names))
        # Before anything is tokenised, a plan knows only whole sources.
        if unknown and any(piece.keys for piece in situation.slices):
            raise ValueError(
                f"perplexity_feedback.weights: no such slice: {', '.join(unknown)} (there are: {', '.join(names)})"
            )

    def _inside(self, topics: _Topics, situation: Situation) -> Shares:
        """Return the shares inside one source, sum 1."""
        now, earlier = (s.get(self.signal, {}) for s in (situation.signals, situation.earlier_signals))
        both = [n for n in topics.shares if math.isfinite(now.get(n, math.nan) - earlier.get(n, math.nan))]
        moves = self._moves({n: now[n] for n in both}, {n: earlier[n] for n in both})
        sum_of_moves = math.fsum(map(abs, moves.values()))
        if not sum_of_moves:
            return topics.shares
        factors = {n: self._factor(move / sum_of_moves, self.weights.get(n, 1.0)) for n, move in moves.items()}
        wanted = self._bounded({n: topics.shares[n] * factor for n, factor in factors.items()}, topics, situation)
        change = math.fsum(abs(wanted[n] - topics.shares[n]) for n in wanted) / 2
        step = min(1.0, self.largest_change / change) if change else 0.0
        return {**topics.shares, **{n: topics.shares[n] + step * (wanted[n] - topics.shares[n]) for n in wanted}}

    def _moves(self, now: Shares, earlier: Shares) -> Shares:
        if self.change == "nll":
            return {n: now[n] - earlier[n] for n in now}
        if self.change == "relative":
            return {n: math.expm1(min(now[n] - earlier[n], 700.0)) for n in now}
        # Only ratios of the moves count; without the common factor no exponential overflows.
        largest = max([*now.values(), *earlier.values()], default=0.0)
        return {n: math.exp(now[n] - largest) - math.exp(earlier[n] - largest) for n in now}

    def _factor(self, delta: float, weight: float) -> float:
        return min(max(1 + self.alpha * delta * weight, SMALLEST_FACTOR), LARGEST_FACTOR)

    def _bounded(self, weights: Shares, topics: _Topics, situation: Situation) -> Shares:
        """Return shares in proportion to the weights, between floor and cap, that sum to what the topics held."""
        held = math.fsum(topics.shares[n] for n in weights)
        spent = {n for n in weights if situation.epochs.get(n, 0.0) >= self.epochs}
        upper = {n: 0.0 if n in spent else min(self.cap * topics.natural[n], held) for n in weights}
        lower = {n: min(self.floor * topics.natural[n], upper[n]) for n in weights}
        if math.fsum(lower.values()) <= held <= math.fsum(upper.values()):
            return bounded(weights, lower, upper, held)
        return {n: topics.shares[n] for n in weights}  # no shares satisfy both; they stay as they are


@dataclass(frozen=True)
class _Topics:
    """The slices of one source before an update."""

    shares: Shares
    """Inside the source: those of the round before, or the inner method's where there was none; sum 1."""
    natural: Shares
    """Inside the source, in proportion to unique tokens."""

    @classmethod
    def of(cls, slices: list[Slice], inner: Shares, situation: Situation) -> _Topics:
        """Collect what is known. A slice that was never read starts with the inner method's share."""
        first = {p.name: inner.get(p.name, 0.0) for p in slices}
        before = {p.name: situation.previous.get(p.name, 0.0) for p in slices}
        had, gets = math.fsum(before.values()), math.fsum(first.values())
        if had:
            new = {n for n in first if not before[n] and not situation.epochs.get(n)}
            first = {n: first[n] / gets if n in new else before[n] / had for n in first}
        whole = math.fsum(first.values())
        size = sum(p.tokens for p in slices)
        return cls({n: share / whole for n, share in first.items()}, {p.name: p.tokens / size for p in slices})
