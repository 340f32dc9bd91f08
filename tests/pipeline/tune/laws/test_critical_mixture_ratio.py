"""The critical mixture ratio against the paper's own tables (arXiv 2407.17467), and against planted curves."""

import numpy as np
import pytest

from pipeline.tune.laws.critical_mixture_ratio import GROWTH, LOSS_OF_RATIO, critical_ratio
from pipeline.tune.laws.fitting import fit

TABLE_5 = {
    "460M": ((0.22524761, 0.26944345, -0.48139982), 0.298),
    "940M": ((0.7520627, 0.13720245, -1.06581937), 0.349),
    "1.6B": ((-2.36384831, -0.15125569, 1.59223649), 0.414),
    "3.1B": ((-2.5368197, -0.42071423, 0.84375368), 0.478),
}
DOMAIN_LOSS = {
    "460M": (1.4628, 1.4844, 1.5122, 1.5387, 1.5561),
    "940M": (1.3723, 1.3910, 1.4155, 1.4385, 1.4538),
    "1.6B": (1.3242, 1.3416, 1.3643, 1.3854, 1.3994),
    "3.1B": (1.2585, 1.2750, 1.2965, 1.3170, 1.3305),
}


@pytest.mark.parametrize("size", TABLE_5)
def test_the_published_law_gives_the_published_ratio_at_20_billion_tokens(size):
    constants, ratio = TABLE_5[size]
    assert GROWTH.formula(np.array(constants), {"tokens": np.array([100.0])})[0] == pytest.approx(ratio, abs=5e-4)


@pytest.mark.parametrize("size", TABLE_5)
def test_the_growth_law_is_found_again_from_its_own_points(size):
    constants, ratio = TABLE_5[size]
    tokens = np.linspace(20, 100, 9)
    shares = GROWTH.formula(np.array(constants), {"tokens": tokens})
    found = fit(GROWTH, {"tokens": tokens[:7]}, shares[:7])
    assert found.predict(tokens=100.0, extrapolate=True) == pytest.approx(ratio, abs=5e-3)


@pytest.mark.parametrize("size", DOMAIN_LOSS)
def test_pilots_at_large_shares_foretell_the_published_loss_at_a_quarter(size):
    *pilots, wanted = DOMAIN_LOSS[size]
    found = fit(LOSS_OF_RATIO, {"ratio": [1.0, 0.75, 0.5, 0.33]}, pilots)
    assert found.predict(ratio=0.25, extrapolate=True) == pytest.approx(wanted, rel=1e-3)


def rise(ratio: float, t: float) -> float:
    """Up fast, then slowly down; the more the larger the share."""
    return 0.3 * ratio * (t**0.2 - 0.8 * t**0.5 + 0.05)


def test_planted_curves_give_the_ratio_at_which_they_cross_the_tolerance():
    times = np.linspace(0.02, 1, 16)
    curves = {r: [(t * 1e9, rise(r, t)) for t in times] for r in (0.125, 0.25, 0.5, 1.0)}
    found = critical_ratio(curves, 1e9)
    assert not found.extrapolates
    # The slope at the end is 0.3 R (0.2 - 0.4) < 0 for every share, so the tolerance alone decides: 0.075 R = 0.05.
    assert found.ratio(0.05) == pytest.approx(0.05 / (0.3 * 0.25), abs=0.01)
    assert found.ratio(0.02) == pytest.approx(0.02 / (0.3 * 0.25), abs=0.01)
    assert found.ratio(0.1) == 1.0 and found.ratio(0.005) is None
    assert list(found.sensitivity()) == [0.02, 0.05, 0.1]
    with pytest.raises(ValueError, match=r"no pilot has a share as far as 0.01"):
        found.rise(0.01)


def test_the_ratio_grows_with_tokens_as_its_law_says():
    times = np.linspace(0.02, 1, 16)
    curves = {r: [(t * 1e9, rise(r, t)) for t in times] for r in (0.125, 0.25, 0.5, 1.0)}
    longer = critical_ratio(curves, 1.3e9)
    # 0.3 R (t^0.2 - 0.8 t^0.5 + 0.05) = 0.03 at t = 1.3.
    assert longer.grown(0.03) == pytest.approx(0.1 / (1.3**0.2 - 0.8 * 1.3**0.5 + 0.05), rel=0.1)
    assert longer.grown(0.5) is None


def test_a_loss_that_still_rises_at_the_end_is_not_feasible_however_small():
    times = np.linspace(0.02, 1, 12)
    curves = {r: [(t, 0.01 * r * t**0.5) for t in times] for r in (0.125, 0.25, 0.5, 1.0)}
    assert critical_ratio(curves, 1.0).ratio(0.05) is None


def test_four_validations_are_enough_for_curves_of_one_power():
    times = (0.25, 0.5, 0.75, 1.0)
    curves = {r: [(t, 0.4 * r - 0.2 * t**0.3) for t in times] for r in (0.1, 0.4, 0.6, 0.8)}
    found = critical_ratio(curves, 1.0)
    assert found.ratio(0.05) == pytest.approx(0.25 / 0.4, abs=2e-3)
    assert all(set(fitted.parameters) == {"a", "s", "b"} for fitted in found.rises.values())
    with pytest.raises(ValueError, match=r"a share of 0.1 were validated after 3 different .* needs at least 4"):
        critical_ratio({r: curve[1:] for r, curve in curves.items()}, 1.0)


def test_three_pilots_are_too_few():
    with pytest.raises(ValueError, match="at least 4"):
        critical_ratio({0.1: [(1, 0.1)], 0.2: [(1, 0.1)], 0.3: [(1, 0.1)]}, 1.0)
