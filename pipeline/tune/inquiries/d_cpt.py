"""The D-CPT law of an experiment: both losses over tokens and the share of new text, and the share that a bound allows.

Every validation on the way counts as a run of so many tokens, as in the paper, which holds while the learning rate is
about constant. All runs are of one model; of another size the law says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from pipeline.tune.finding import Curve, Finding, Forecast, Plot
from pipeline.tune.inquiries.inquiry import RESAMPLES, middle, report
from pipeline.tune.inquiries.share_inquiry import ShareInquiry
from pipeline.tune.laws.d_cpt import AT_ONE_SIZE, largest_share
from pipeline.tune.laws.fitting import Fit, FitError, fit

if TYPE_CHECKING:
    from pipeline.tune.evidence import Evidence, Trial

FEWEST_SHARES, FEWEST_LENGTHS = 4, 3


class DCPT(ShareInquiry):
    """The largest share of new text that a bound on the general loss allows (arXiv 2406.01375)."""

    kind: Literal["d_cpt"] = "d_cpt"
    title: ClassVar[str] = "D-CPT law"
    general_kinds: ClassVar[tuple[str, ...]] = ("loss", "rise")
    at_most: float = Field(default=0.05, gt=0.0)
    """Nats that the general loss may lie above where it began, at the end of the large run."""

    def find(self, evidence: Evidence) -> Finding:
        """Return the largest share, the loss of the new text at it, and what to expect of the recommended one."""
        by_label, others = evidence.along(self.factor)
        trials = {float(label): found for label, found in by_label.items() if 0.0 < float(label) < 1.0}
        if len(trials) < FEWEST_SHARES:
            raise FitError(f"{len(trials)} shares between 0 and 1 were tried; the law needs at least {FEWEST_SHARES}")
        found = self._fit(evidence, trials)
        said = tuple(self._say(evidence, found, others))
        return Finding(
            self.kind,
            self.title,
            said,
            (report(found.new, self.new, found.rows), report(found.general, self.general, found.rows)),
            tuple(self._forecasts(evidence, found)),
            tuple(self._plots(found)),
            said,
        )

    def _fit(self, evidence: Evidence, trials: Mapping[float, list[Trial]]) -> _Fitted:
        rows = [(share, trial) for share, runs in trials.items() for trial in runs]
        fits = []
        for name, part in ((self.new, lambda share: share), (self.general, lambda share: 1 - share)):
            points = [(part(s), n, loss, t.point.seed) for s, t in rows for n, loss in evidence.losses(name, t) if n]
            shares, tokens, losses, seeds = zip(*points, strict=True)
            if (lengths := len(set(tokens))) < FEWEST_LENGTHS:
                raise FitError(f"the runs were validated after {lengths} numbers of tokens; 3 are needed")
            inputs = {"share": shares, "tokens": [n / evidence.tokens for n in tokens]}
            fits.append(fit(AT_ONE_SIZE, inputs, losses, resamples=RESAMPLES, groups=seeds))
        began = float(np.mean([evidence.losses(self.general, trial)[0][1] for _, trial in rows]))
        times = evidence.target.tokens / evidence.tokens
        return _Fitted(fits[0], fits[1], began, times, (min(trials), max(trials)), len(points))

    def _say(self, evidence: Evidence, found: _Fitted, others: str) -> Iterator[str]:
        at = f" at {others}" if others else ""
        share = found.largest(self.at_most)
        low, high = middle([sample.largest(self.at_most) or 0.0 for sample in found.resampled()])
        interval = "no interval: one seed" if np.isnan(low) else f"95 % interval {low:.3g} to {high:.3g}"
        yield (
            f"Largest share of new text (labels of {self.factor}{at}) with which {self.general} lies at most "
            f"{self.at_most:g} nats above where it began after {evidence.target.tokens:,} tokens: "
            f"{self._told(found, share)} ({interval})."
        )
        if share is not None:
            yield f"{self.new} has then a loss of {found.new_at(share):.4f}."
        if found.times > 1:
            yield f"This extrapolates: the large run has {found.times:.3g} times the tokens of the longest run."

    def _told(self, found: _Fitted, share: float | None) -> str:
        if share is None:
            return f"less than {found.tried[0]:g}, the smallest that was tried"
        return f"at least {share:g}, the largest that was tried" if share >= found.tried[1] else f"{share:.3g}"

    def _forecasts(self, evidence: Evidence, found: _Fitted) -> Iterator[Forecast]:
        best = next((t.point for t in evidence.trials if t.point.combination == evidence.best), None)
        if best is None or not 0.0 < float(best.levels.get(self.factor, 0.0)) < 1.0:
            return
        share, beyond = float(best.levels[self.factor]), tuple(evidence.elsewhere(best))
        began = found.began if evidence.experiment.metrics[self.general].kind == "rise" else 0.0
        answers: tuple[tuple[str, Callable[[_Fitted], float]], ...] = (
            (self.new, lambda one: one.new_at(share)),
            (self.general, lambda one: one.general_at(share) - began),
        )
        for metric, ask in answers:
            low, high = middle([ask(sample) for sample in found.resampled()])
            yield Forecast(metric, ask(found), low, high, beyond, best.combination)

    def _plots(self, found: _Fitted) -> Iterator[Plot]:
        shares = np.linspace(*found.tried, 41).tolist()
        samples = found.resampled()
        answers: tuple[tuple[str, Callable[[_Fitted, float], float]], ...] = (
            (self.new, _Fitted.new_at),
            (self.general, _Fitted.general_at),
        )
        for metric, ask in answers:
            low, high = zip(*(middle([ask(sample, share) for sample in samples]) for share in shares), strict=True)
            line = Curve("by the law", shares, [ask(found, share) for share in shares], low, high)
            x_label = f"share of new text ({self.factor})"
            yield Plot(f"{metric} at the end of the large run", x_label, "loss (nats)", (line,))


@dataclass(frozen=True)
class _Fitted:
    """Both laws, and what they are asked about."""

    new: Fit
    general: Fit
    began: float
    """General loss before any training."""
    times: float
    """Tokens of the large run, in those of the longest one."""
    tried: tuple[float, float]
    """Smallest and largest share of new text."""
    rows: int

    def new_at(self, share: float) -> float:
        """Return the loss of the new text at the end of the large run."""
        return self.new.predict(share=share, tokens=self.times, extrapolate=True)

    def general_at(self, share: float) -> float:
        """Return the general loss at the end of the large run, for a share of new text."""
        return self.general.predict(share=1 - share, tokens=self.times, extrapolate=True)

    def largest(self, at_most: float) -> float | None:
        """Return the largest share within those tried; None where even the smallest one costs more."""
        bound = self.began + at_most
        return None if self.general_at(self.tried[0]) > bound else largest_share(self.general_at, bound, self.tried)

    def resampled(self) -> list[_Fitted]:
        """Return the same for every bootstrap sample."""
        pairs = zip(self.new.resampled, self.general.resampled, strict=True)
        return [
            replace(self, new=replace(self.new, values=a), general=replace(self.general, values=b)) for a, b in pairs
        ]
