"""Fitting: planted parameters are found again, outliers do not lead away, and nothing is extrapolated unasked."""

import math

import numpy as np
import pytest

from pipeline.tune.laws.critical_mixture_ratio import LOSS_OF_RATIO
from pipeline.tune.laws.fitting import fit

RATIOS = [0.1, 0.2, 0.3, 0.5, 0.75, 1.0]
LOSSES = [0.3 * r**-0.4 + 1.2 for r in RATIOS]


def test_planted_parameters_are_found_again():
    found = fit(LOSS_OF_RATIO, {"ratio": RATIOS}, LOSSES)
    assert found.parameters == pytest.approx({"a": 0.3, "s": -0.4, "b": 1.2}, rel=1e-2)
    assert found.relative_error < 1e-4 and found.held_out_error < 1e-2


def test_one_point_far_off_does_not_lead_away():
    spoiled = [*LOSSES, 9.0]
    found = fit(LOSS_OF_RATIO, {"ratio": [*RATIOS, 0.4]}, spoiled)
    assert found.predict(ratio=0.4) == pytest.approx(0.3 * 0.4**-0.4 + 1.2, rel=1e-2)


def test_the_interval_holds_the_truth_and_is_wider_with_more_noise():
    noise = np.random.default_rng(0).normal(size=24)
    ratios = np.linspace(0.1, 1, 24)
    truth = 0.3 * ratios**-0.4 + 1.2
    widths = []
    for spread in (0.002, 0.02):
        found = fit(LOSS_OF_RATIO, {"ratio": ratios}, truth + spread * noise, resamples=40)
        low, high = found.interval(ratio=0.5)
        assert low < 0.3 * 0.5**-0.4 + 1.2 < high
        widths.append(high - low)
    assert widths[1] > 3 * widths[0]


def test_nothing_is_extrapolated_unasked():
    found = fit(LOSS_OF_RATIO, {"ratio": RATIOS}, LOSSES)
    with pytest.raises(ValueError, match=r"ratio is 0.05, the data go from 0.1 to 1"):
        found.predict(ratio=0.05)
    assert found.predict(ratio=0.05, extrapolate=True) == pytest.approx(0.3 * 0.05**-0.4 + 1.2, rel=1e-2)


def test_too_few_points_decide_nothing():
    with pytest.raises(ValueError, match="2 points cannot decide 3 parameters"):
        fit(LOSS_OF_RATIO, {"ratio": [0.1, 0.2]}, [1.0, 2.0])
    assert math.isnan(fit(LOSS_OF_RATIO, {"ratio": RATIOS[:3]}, LOSSES[:3]).held_out_error)
