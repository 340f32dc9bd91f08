"""The critical mixture ratio of an experiment: how much new text the large run can take, by runs of several shares.

The share is the label of a level, for only who wrote the experiment knows what a level means. Runs of all seeds lie on
one curve, and seeds are what intervals are drawn from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from pipeline.tune.finding import Curve, Finding, Forecast, Plot
from pipeline.tune.inquiries.inquiry import RESAMPLES, middle, report
from pipeline.tune.inquiries.share_inquiry import ShareInquiry
from pipeline.tune.laws.critical_mixture_ratio import LOSS_OF_RATIO, CriticalRatio, critical_ratio
from pipeline.tune.laws.fitting import Fit, fit

if TYPE_CHECKING:
    from pipeline.tune.evidence import Evidence, Trial

Trials = Mapping[float, "list[Trial]"]
"""Share -> its runs."""


class CriticalMixtureRatio(ShareInquiry):
    """The largest share of new text at which general ability is not lost for good (arXiv 2407.17467)."""

    kind: Literal["critical_mixture_ratio"] = "critical_mixture_ratio"
    title: ClassVar[str] = "Critical mixture ratio"
    general_kinds: ClassVar[tuple[str, ...]] = ("rise",)
    tolerance: float = Field(default=0.05, gt=0.0)
    """Nats by which the general loss may have risen at the end of the large run."""

    def find(self, evidence: Evidence) -> Finding:
        """Return the ratio at the target's length, its sensitivity, and what is learned at it."""
        by_label, others = evidence.along(self.factor)
        trials = {float(label): found for label, found in by_label.items()}
        rises = {share: [self._rise(evidence, trial) for trial in found] for share, found in trials.items()}
        curves = {share: [point for run in runs for point in run] for share, runs in rises.items()}
        seeds = {
            share: [trial.point.seed for trial, run in zip(trials[share], runs, strict=True) for _ in run]
            for share, runs in rises.items()
        }
        found = critical_ratio(curves, float(evidence.target.tokens), resamples=RESAMPLES, groups=seeds)
        learned = self._learned(trials)
        fits = [
            report(fitted, f"{self.general} at {share:g}", len(curves[share])) for share, fitted in found.rises.items()
        ]
        said = tuple(self._say(evidence, found, learned, others))
        return Finding(
            self.kind,
            self.title,
            said,
            (*fits, report(learned, self.new, sum(map(len, trials.values())))),
            tuple(self._forecasts(evidence, found)),
            (self._over_tokens(found, curves), *self._over_shares(found, learned, trials)),
            said,
        )

    def _rise(self, evidence: Evidence, trial: Trial) -> list[tuple[float, float]]:
        (_, first), *later = evidence.losses(self.general, trial)
        return [(float(tokens), loss - first) for tokens, loss in later]

    def _learned(self, trials: Trials) -> Fit:
        rows = [(share, trial) for share, found in trials.items() for trial in found if share > 0]
        seeds = [trial.point.seed for _, trial in rows]
        losses = [trial.metrics[self.new] for _, trial in rows]
        return fit(LOSS_OF_RATIO, {"ratio": [share for share, _ in rows]}, losses, resamples=RESAMPLES, groups=seeds)

    def _say(self, evidence: Evidence, found: CriticalRatio, learned: Fit, others: str) -> Iterator[str]:
        ratio = found.ratio(self.tolerance)
        at = f" at {others}" if others else ""
        yield (
            f"Largest share of new text (labels of {self.factor}{at}) with which {self.general}, after "
            f"{evidence.target.tokens:,} tokens, has risen by at most {self.tolerance:g} nats and is falling: "
            f"{_told(found, ratio)}{_interval(found, self.tolerance)}."
        )
        if found.extrapolates:
            yield (
                f"This extrapolates: the longest run had {found.longest:,.0f} tokens, "
                f"the large run has {found.tokens / found.longest:.3g} times as many.{_second(found, self.tolerance)}"
            )
        told = (f"{_told(found, at)} for {tolerance:g} nats" for tolerance, at in found.sensitivity().items())
        yield f"Tolerances decide it: {'; '.join(told)}."
        if ratio is not None and ratio > 0:
            value = learned.predict(ratio=ratio, extrapolate=True)
            low, high = learned.interval(ratio=ratio, extrapolate=True)
            yield f"{self.new} at that share after {found.longest:,.0f} tokens: {value:.4f} ({low:.4f} to {high:.4f})."

    def _forecasts(self, evidence: Evidence, found: CriticalRatio) -> Iterator[Forecast]:
        """Yield the rise at the end of the large run with the share that is recommended."""
        best = next((t.point for t in evidence.trials if t.point.combination == evidence.best), None)
        if best is None or self.factor not in best.levels:
            return
        share = float(best.levels[self.factor])
        low, high = middle([sample.rise(share) for sample in found.resampled()])
        beyond = [f"tokens are {found.tokens:,.0f}, the runs had {found.longest:,.0f}"] if found.extrapolates else []
        yield Forecast(self.general, found.rise(share), low, high, beyond, best.combination)

    def _over_tokens(self, found: CriticalRatio, curves: Mapping[float, list[tuple[float, float]]]) -> Plot:
        lines = []
        for share, points in curves.items():
            x, y = zip(*sorted(points), strict=True)
            lines.append(Curve(f"share {share:g}", x, y, measured=True))
            where = np.geomspace(x[0], max(x[-1], found.tokens), 60)
            told = [found.rises[share].predict(tokens=float(t) / found.longest, extrapolate=True) for t in where]
            lines.append(Curve(f"share {share:g}, fitted", where.tolist(), told))
        return Plot(f"{self.general} over tokens", "tokens", "rise of the general loss (nats)", lines)

    def _over_shares(self, found: CriticalRatio, learned: Fit, trials: Trials) -> Iterator[Plot]:
        shares = np.linspace(min(found.rises), max(found.rises), 41).tolist()
        samples = found.resampled()
        bands = [middle([sample.rise(share) for sample in samples]) for share in shares]
        low, high = zip(*bands, strict=True)
        x_label = f"share of new text ({self.factor})"
        rise = Curve(f"after {found.tokens:,.0f} tokens", shares, [found.rise(s) for s in shares], low, high)
        limit = Curve(f"tolerance {self.tolerance:g}", (shares[0], shares[-1]), (self.tolerance,) * 2)
        yield Plot(f"{self.general} over the share", x_label, "rise of the general loss (nats)", (rise, limit))
        shares = [share for share in shares if share > 0]
        told = [learned.predict(ratio=share, extrapolate=True) for share in shares]
        low, high = zip(*(learned.interval(ratio=share, extrapolate=True) for share in shares), strict=True)
        rows = sorted((share, trial.metrics[self.new]) for share, runs in trials.items() for trial in runs)
        x, y = zip(*rows, strict=True)
        line = Curve(f"after {found.longest:,.0f} tokens, fitted", shares, told, low, high)
        yield Plot(f"{self.new} over the share", x_label, "loss (nats)", (Curve("runs", x, y, measured=True), line))


def _told(found: CriticalRatio, ratio: float | None) -> str:
    if ratio is None:
        return f"less than {min(found.rises):g}, the smallest that was tried"
    if ratio >= max(found.rises):
        return f"at least {ratio:g}, the largest that was tried"
    return f"{ratio:.3g}"


def _second(found: CriticalRatio, tolerance: float) -> str:
    """Return what the growth of the ratio itself says: where both ways differ, neither is to be trusted."""
    grown = found.grown(tolerance)
    return "" if grown is None else f" By its growth over shorter runs the ratio would be {grown:.3g}."


def _interval(found: CriticalRatio, tolerance: float) -> str:
    """Return the interval in words; a sample in which no share is feasible counts as the smallest that was tried."""
    samples = [min(found.rises) if (at := sample.ratio(tolerance)) is None else at for sample in found.resampled()]
    if not samples:
        return " (no interval: one seed)"
    low, high = middle(samples)
    return f" (95 % interval {low:.3g} to {high:.3g})"
