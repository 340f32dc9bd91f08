"""Choice of a schedule by fitted dynamics: how high its rates, and how long the run, give the lowest weighted sum.

The large run's own schedule is scaled and stretched, never replaced; and where a choice lies outside of the schedules
that the law was fitted to, it is said so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from pipeline.planning.repetition import stretched
from pipeline.recipe import Run
from pipeline.tune.inquiries.inquiry import middle
from pipeline.tune.laws.fitting import Floats
from pipeline.tune.laws.learning_dynamics import Dynamics
from pipeline.tune.schedules import rates_of

HEIGHTS = (0.25, 0.5, 0.71, 1.0, 1.41, 2.0, 4.0)
"""Times the rates as they are."""
LENGTHS = (0.25, 0.5, 1.0)
"""Times the tokens as they are."""


@dataclass(frozen=True)
class Choice:
    """Metrics' dynamics, their weights in the sum, and the run whose schedule is to be chosen."""

    dynamics: Mapping[str, Dynamics]
    weights: Mapping[str, float]
    run: Run
    before: float
    """The learning rate before the run."""

    def at(self, share: float) -> Choice:
        """Return the same for another share of new text."""
        return replace(self, dynamics={metric: replace(one, share=share) for metric, one in self.dynamics.items()})

    def sum(self, rates: Floats) -> float:
        """Return the weighted sum of losses at the end."""
        ends = {m: float(self.dynamics[m].losses(rates, before=self.before)[-1]) for m in self.weights}
        return math.fsum(weight * ends[metric] for metric, weight in self.weights.items())

    def sums(self, rates: Floats) -> Floats:
        """Return it for every bootstrap sample; empty without any."""
        parts = [w * self.dynamics[metric].ends(rates, before=self.before) for metric, w in self.weights.items()]
        return np.asarray(np.sum(parts, axis=0), dtype=np.float64)

    def say(self) -> Iterator[str]:
        """Yield which height is best, and what shorter runs come to."""
        rates = rates_of(self.run)
        found = {height: self.sum(rates * height) for height in HEIGHTS}
        best = min(found, key=lambda height: found[height])
        weights = ", ".join(f"{metric} x {weight:g}" for metric, weight in self.weights.items())
        if best == 1.0:
            yield f"The learning rates of the large run give the lowest sum of {weights}: {found[best]:.4f}."
        else:
            low, high = middle(self.sums(rates * best) - self.sums(rates))
            interval = "no interval" if np.isnan(low) else f"{low:+.4f} to {high:+.4f}"
            edge = "; further ones were not looked at" if best in (HEIGHTS[0], HEIGHTS[-1]) else ""
            outside = any(self.dynamics[metric].outside(rates * best, before=self.before) for metric in self.weights)
            yield (
                f"{best:g} times the learning rates of the large run give the lowest sum of {weights}: "
                f"{found[best]:.4f} against {found[1.0]:.4f} ({found[best] - found[1.0]:+.4f}, {interval}){edge}"
                f"{'; this extrapolates' if outside else ''}."
            )
        shorter = {part: self.sum(rates_of(stretched(self.run, round(part * self.run.tokens)))) for part in LENGTHS}
        yield (
            "By length: "
            + "; ".join(f"{total:.4f} after {part:g} of its tokens" for part, total in shorter.items())
            + "."
        )

    def say_replay(self, low: float, high: float) -> Iterator[str]:
        """Yield which share of new text between two, alone and with which height of the rates, is best.

        Both losses bend downwards with the share (eq. 8), so this is mostly one of the two; bounds decide.
        """
        rates, shares = rates_of(self.run), np.linspace(low, high, 41).tolist()
        own = next(iter(self.dynamics.values())).share
        found = {share: self.at(share).sum(rates) for share in shares}
        best = min(found, key=lambda share: found[share])
        bounds = middle(self.at(best).sums(rates) - self.sums(rates))
        interval = "no interval" if np.isnan(bounds[0]) else f"{bounds[0]:+.4f} to {bounds[1]:+.4f}"
        edge = "; the edge of what was tried" if best in (low, high) else ""
        yield (
            f"Of shares of new text from {low:g} to {high:g}, the rest being replayed, {best:.3g} gives the lowest "
            f"sum: {found[best]:.4f} against {self.sum(rates):.4f} with {own:g} "
            f"({found[best] - self.sum(rates):+.4f}, {interval}){edge}."
        )
        both = {(share, height): self.at(share).sum(rates * height) for share in shares for height in HEIGHTS}
        share, height = min(both, key=lambda pair: both[pair])
        yield f"Chosen together: a share of {share:.3g} and {height:g} times the rates, {both[share, height]:.4f}."
