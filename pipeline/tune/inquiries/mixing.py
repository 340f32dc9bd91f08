"""The best mixture by an experiment's swarm with mixing laws, log-linear in the shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal

from pydantic import Field

from pipeline.tune.finding import FitReport
from pipeline.tune.inquiries.inquiry import RESAMPLES, report
from pipeline.tune.inquiries.swarm_inquiry import SwarmInquiry
from pipeline.tune.laws.mixing import MixingLaw, best_mixture, fit_mixing_law
from pipeline.tune.swarm import Run


class Mixing(SwarmInquiry):
    """The best mixture by mixing laws (arXiv 2403.16952), searched for as Olmix does."""

    kind: Literal["mixing"] = "mixing"
    title: ClassVar[str] = "Best mixture"
    by: ClassVar[str] = "laws"
    pull: float = Field(default=0.0, ge=0.0)
    """Weight of the distance (Kullback-Leibler, nats) from the prior that is added to the sum."""

    def law(self, mixtures: Sequence[Mapping[str, float]], losses: Sequence[float]) -> MixingLaw:
        """Fit one metric."""
        return fit_mixing_law(mixtures, losses, resamples=RESAMPLES)

    def best(
        self,
        laws: Mapping[str, MixingLaw],
        weights: Mapping[str, float],
        prior: Mapping[str, float],
        most: Mapping[str, float],
    ) -> dict[str, float]:
        """Search by a convex programme."""
        return best_mixture(laws, weights, prior, most=most, pull=self.pull)

    def report(self, law: MixingLaw, metric: str, runs: Sequence[Run]) -> FitReport:
        """Return how well the law agrees."""
        return report(law.fitted, metric, len(runs))

    def say_fit(self, laws: Mapping[str, MixingLaw], runs: Sequence[Run]) -> Iterator[str]:
        """Yield what the search was pulled towards."""
        if self.pull:
            yield f"The search was pulled towards the prior by {self.pull:g}."
