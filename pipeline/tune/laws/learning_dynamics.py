"""Learning dynamics: the loss at every step of any learning-rate schedule (arXiv 2505.07796, ICML 2025, eq. 4).

Before continual pre-training a loss falls with the area under the learning rates (S1) and with how far they have been
annealed (S2). A change of data adds a shift that saturates: upwards for the old text, downwards for the new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from pipeline.tune.laws.fitting import CONFIDENCE, Fit, FitError, Floats, Inputs, Law, fit

MEMORY = 0.999
"""lambda: how long a step of annealing goes on counting."""


def areas(rates: Sequence[float] | Floats, before: float | None = None) -> tuple[Floats, Floats]:
    """Return S1 and S2 after every step, shape [steps] each, in units of the learning rate times steps.

    ``before`` is the rate before the first step (the end of pre-training, or the first rate itself where None). S2 is a
    sum over sums, of which each is the one before, times lambda, plus the newest step down.
    """
    from scipy.signal import lfilter

    eta = np.asarray(rates, dtype=np.float64)
    down = -np.diff(eta, prepend=eta[0] if before is None else before)
    momentum = lfilter([1.0], [1.0, -MEMORY], down)
    return np.cumsum(eta), np.cumsum(momentum)


def formula(values: Floats, inputs: Inputs) -> Floats:
    """Return the loss at areas ``forward`` and ``annealing`` of continual pre-training.

    ``earlier`` stands for S1 of pre-training: unknown for open weights and therefore fitted, as in the paper.
    """
    base, a, alpha, earlier, c, shift, e, beta = values
    forward, annealing = inputs["forward"], inputs["annealing"]
    fallen = np.exp(a) * (np.exp(earlier) + forward) ** -alpha - c * annealing
    return np.asarray(base + fallen + shift * (1 - (1 + np.exp(e) * forward) ** -beta))


def _law(name: str, shifts: tuple[float, ...]) -> Law:
    starts = product((1.0, 2.5), (-1.0,), (0.5,), (-1.0, 1.0), (0.1,), shifts, (0.0, 4.0), (0.15, 0.5))
    return Law(name, ("base", "log_A", "alpha", "log_earlier", "C", "B", "log_E", "beta"), formula, tuple(starts))


def _formula_of_share(old: bool) -> Callable[[Floats, Inputs], Floats]:
    """Return eq. 8: annealing counts more the more of the own text is read, the shift more the more of the new one."""

    def formula_of_share(values: Floats, inputs: Inputs) -> Floats:
        *_, a1, a2 = values
        base, a, alpha, earlier, c, shift, e, beta = values[:-2]
        forward, annealing, share = inputs["forward"], inputs["annealing"], inputs["share"]
        annealed = np.exp(a1 * (1 - share if old else share))
        shifted = -np.expm1(-np.exp(a2) * share) if old else np.expm1(np.exp(a2) * share)
        fallen = np.exp(a) * (np.exp(earlier) + forward) ** -alpha - c * annealing * annealed
        return np.asarray(base + fallen + shift * shifted * (1 - (1 + np.exp(e) * forward) ** -beta))

    return formula_of_share


def _law_of_share(name: str, old: bool, shifts: tuple[float, ...]) -> Law:
    starts = product((1.0, 2.5), (-1.0,), (0.5,), (0.0,), (0.1,), shifts, (0.0, 4.0), (0.15, 0.5), (0.0,), (-0.5, 0.7))
    parameters = ("base", "log_A", "alpha", "log_earlier", "C", "B", "log_E", "beta", "a1", "log_a2")
    return Law(name, parameters, _formula_of_share(old), tuple(starts))


OLD_TEXT = _law("learning dynamics of the old text", (0.2, 0.6))
"""With a shift upwards."""
NEW_TEXT = _law("learning dynamics of the new text", (-0.3, -1.0))
"""With a shift downwards."""
OLD_TEXT_OF_SHARE = _law_of_share("learning dynamics of the old text, with replay", True, (0.2, 0.6, 1.5))
NEW_TEXT_OF_SHARE = _law_of_share("learning dynamics of the new text, with replay", False, (-0.3, -1.0))
"""Eq. 8, over the share of new text, too; replay is the rest. a1 may have either sign: the paper's is lost in print."""


@dataclass(frozen=True)
class Dynamics:
    """A fitted curve that can be asked about another schedule."""

    fitted: Fit
    unit: float
    """What areas are divided by, so that the numbers fitted are near 1."""
    share: float | None = None
    """The share of new text that is asked about, of laws over it."""

    def losses(self, rates: Sequence[float] | Floats, *, before: float | None = None) -> Floats:
        """Return the loss after every step of a schedule."""
        return self.fitted.law.formula(self.fitted.values, _inputs(rates, before, self.unit, self.share))

    def band(self, rates: Sequence[float] | Floats, *, before: float | None = None) -> tuple[Floats, Floats]:
        """Return the bounds of the bootstrap's middle 95 % after every step; NaN without bootstrap."""
        inputs = _inputs(rates, before, self.unit, self.share)
        if not len(self.fitted.resampled):
            none = np.full(len(rates), np.nan)
            return none, none
        told = [self.fitted.law.formula(values, inputs) for values in self.fitted.resampled]
        low, high = np.quantile(told, [0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2], axis=0)
        return low, high

    def ends(self, rates: Sequence[float] | Floats, *, before: float | None = None) -> Floats:
        """Return the loss after the last step by every bootstrap sample; laws with as many groups share samples."""
        last = {name: column[-1:] for name, column in _inputs(rates, before, self.unit, self.share).items()}
        told = [self.fitted.law.formula(values, last)[0] for values in self.fitted.resampled]
        return np.asarray(told, dtype=np.float64)

    def outside(self, rates: Sequence[float] | Floats, *, before: float | None = None) -> list[str]:
        """Return in what the end of the schedule lies outside of those fitted to."""
        last = {name: float(column[-1]) for name, column in _inputs(rates, before, self.unit, self.share).items()}
        return self.fitted.outside(last)


def fit_dynamics(
    law: Law,
    runs: Sequence[tuple[Sequence[float] | Floats, Mapping[int, float]]],
    *,
    before: float | None = None,
    shares: Sequence[float] | None = None,
    resamples: int = 0,
    groups: Sequence[int] | None = None,
) -> Dynamics:
    """Fit to runs of (learning rate of every step, {steps done: loss}), and of a law over it to their ``shares``.

    ``groups`` says of every run with which others it is drawn for intervals, as its seed does. Raises FitError where
    losses were measured at no more places of the schedules than the law has parameters.
    """
    unit = max(float(np.sum(rates)) for rates, _ in runs)
    columns: dict[str, list[float]] = {name: [] for name in ("forward", "annealing", *(("share",) if shares else ()))}
    data: list[float] = []
    drawn: list[int] = []
    for number, (rates, losses) in enumerate(runs):
        inputs = _inputs(rates, before, unit, shares[number] if shares else None)
        for step, loss in losses.items():
            for name, column in columns.items():
                column.append(float(inputs[name][step - 1]) if step or name == "share" else 0.0)
            data.append(loss)
            drawn.append(groups[number] if groups else number)
    places = len(set(zip(*columns.values(), strict=True)))
    if places <= len(law.parameters):
        raise FitError(
            f"losses were measured at {places} different places of the schedules; {len(law.parameters)} parameters "
            f"need at least {len(law.parameters) + 1}: validate more often (validate_every, round_steps)"
        )
    return Dynamics(fit(law, columns, data, resamples=resamples, groups=drawn), unit)


def miss(
    law: Law,
    runs: Sequence[tuple[Sequence[float] | Floats, Mapping[int, float]]],
    unseen: Sequence[tuple[Sequence[float] | Floats, Mapping[int, float]]],
    *,
    before: float | None = None,
) -> float:
    """Return the relative error (root mean square) on runs that the law was not fitted to, such as another schedule."""
    dynamics = fit_dynamics(law, runs, before=before)
    gaps: list[float] = []
    for rates, losses in unseen:
        told = dynamics.losses(rates, before=before)
        gaps += [float(told[step - 1]) / loss - 1.0 for step, loss in losses.items() if step]
    return float(np.sqrt(np.mean(np.square(gaps))))


def _inputs(
    rates: Sequence[float] | Floats, before: float | None, unit: float, share: float | None = None
) -> dict[str, Floats]:
    forward, annealing = areas(rates, before)
    inputs = {"forward": forward / unit, "annealing": annealing / unit}
    return inputs if share is None else {**inputs, "share": np.full(len(forward), share)}
