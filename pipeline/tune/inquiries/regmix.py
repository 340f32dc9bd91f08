"""RegMix: the best mixture of a swarm by trees, as the mean of the best of many simulated mixtures."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from pipeline.tune.finding import FitReport
from pipeline.tune.inquiries.swarm_inquiry import SwarmInquiry
from pipeline.tune.laws.mixture_trees import TREES, MixtureTrees, best_simulated, fit_mixture_trees
from pipeline.tune.rank_correlation import spearman
from pipeline.tune.swarm import Run

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.tune.experiment import Experiment
    from pipeline.yaml_file import Location

RESAMPLES = 40
"""Bootstrap samples, each of which grows all trees anew."""
PUBLISHED = 512
"""Mixtures of the paper's swarm."""


class RegMix(SwarmInquiry):
    """The best mixture by gradient-boosted trees over the swarm (arXiv 2407.01492)."""

    kind: Literal["regmix"] = "regmix"
    title: ClassVar[str] = "Best mixture by trees (RegMix)"
    by: ClassVar[str] = "trees"
    leaf: int = Field(default=3, ge=1)
    """Fewest mixtures in a leaf. LightGBM's own 20 splits nothing in a swarm of fewer than 40."""
    simulated: int = Field(default=100_000, ge=1000)
    """Mixtures drawn around the prior and asked about."""
    averaged: int = Field(default=128, ge=1)
    """How many of the best of them the answer is the mean of."""

    def problems(self, experiment: Experiment, folder: Path) -> Iterator[tuple[Location, str]]:
        """Yield that LightGBM is missing, before anything is run for it."""
        yield from super().problems(experiment, folder)
        if importlib.util.find_spec("lightgbm") is None:
            yield ("kind",), "LightGBM is not installed (pip install 'headwater[tune]')"

    def law(self, mixtures: Sequence[Mapping[str, float]], losses: Sequence[float]) -> MixtureTrees:
        """Fit one metric."""
        return fit_mixture_trees(mixtures, losses, leaf=self.leaf, resamples=RESAMPLES)

    def best(
        self,
        laws: Mapping[str, MixtureTrees],
        weights: Mapping[str, float],
        prior: Mapping[str, float],
        most: Mapping[str, float],
    ) -> dict[str, float]:
        """Simulate, and average the best."""
        return best_simulated(laws, weights, prior, most=most, simulated=self.simulated, averaged=self.averaged)

    def report(self, law: MixtureTrees, metric: str, runs: Sequence[Run]) -> FitReport:
        """Return how well the trees agree; their rank correlation over mixtures held out is among the parameters."""
        rank, _, _ = spearman(law.held_out, [run.metrics[metric] for run in runs])
        settings = {"trees": TREES, "mixtures in a leaf": self.leaf, "held-out Spearman": rank}
        return FitReport("trees over mixtures", metric, len(runs), settings, law.relative_error, law.held_out_error)

    def say_fit(self, laws: Mapping[str, MixtureTrees], runs: Sequence[Run]) -> Iterator[str]:
        """Yield how well the trees rank mixtures that they have not seen, and that few mixtures make them poor."""
        for metric, law in laws.items():
            rank, low, high = spearman(law.held_out, [run.metrics[metric] for run in runs])
            yield (
                f"Trees rank {len(runs)} mixtures held out by {metric} with a correlation of {rank:.2f} "
                f"(95 % interval {low:.2f} to {high:.2f})."
            )
        if len(runs) < PUBLISHED:
            yield (
                f"The paper's swarm has {PUBLISHED} mixtures, this one {len(runs)}: trees with at least {self.leaf} of "
                f"them in a leaf are coarse, and the log-linear law (kind mixing) says more of so few."
            )
