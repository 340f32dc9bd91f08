"""The critical mixture ratio from files of finished runs to sentences, with what was planted."""

import math

import pytest
from finished_points import LONGER, asked, experiment, planted, shares

LAW = "  - {kind: critical_mixture_ratio, factor: share, general: help, new: made, tolerance: %g}"
SHARES = (0.125, 0.25, 0.5, 0.9)


def loss(point, done, rates):
    """Up fast, then slowly down, the more the larger the share; a seed shifts it by very little."""
    share = float(point.levels.get("share", 0.3))
    t, noise = done / 100, 1 + 0.002 * (point.seed - 2)
    rise = 0.3 * share * (t**0.2 - 0.8 * t**0.5 + 0.05) * noise if done else 0.0
    return {"help": 3.0 + rise, "made": 1.2 + 0.3 * share**-0.4 * noise}


def finding(tmp_path, tolerance, **more):
    text = experiment(shares(*more.pop("tried", SHARES)), laws=LAW % tolerance, **more)
    (found,) = asked(planted(tmp_path, text, LONGER, loss, 16))
    return found


def test_the_share_at_which_planted_curves_cross_the_tolerance_is_told_with_its_interval(tmp_path):
    found = finding(tmp_path, 0.05)
    wanted = 0.05 / (0.3 * 0.25)
    told = float(found.statements[0].split("is falling: ")[1].split()[0])
    assert told == pytest.approx(wanted, abs=0.01)
    assert "95 % interval" in found.statements[0] and not [s for s in found.statements if "extrapolates" in s]
    assert "0.267 for 0.02 nats" in found.statements[1] and "at least 0.9, the largest" in found.statements[1]
    assert found.statements[2].startswith(f"made at that share after 25,600 tokens: {1.2 + 0.3 * told**-0.4:.2f}")
    assert [fit.of for fit in found.fits] == [*(f"help at {share:g}" for share in SHARES), "made"]
    assert all(fit.absolute and fit.relative_error < 1e-3 for fit in found.fits[:-1])
    (forecast,) = found.forecasts
    assert forecast.of == "share=0.9" and forecast.value == pytest.approx(0.3 * 0.9 * 0.25, abs=1e-3)
    assert forecast.low < forecast.value < forecast.high and not forecast.beyond
    assert len(found.plots) == 3


def test_a_longer_target_is_said_to_be_extrapolated_to_and_one_seed_gives_no_interval(tmp_path):
    found = finding(tmp_path, 0.01, target="target: {tokens: 51200}", seeds="[2]")
    rise = 0.3 * (2**0.2 - 0.8 * 2**0.5 + 0.05)
    assert float(found.statements[0].split("is falling: ")[1].split()[0]) == pytest.approx(0.01 / rise, rel=0.1)
    assert "(no interval: one seed)" in found.statements[0] and math.isnan(found.forecasts[0].low)
    assert (
        found.statements[1]
        == "This extrapolates: the longest run had 25,600 tokens, the large run has 2 times as many."
    )
    assert found.forecasts[0].beyond == ["tokens are 51,200, the runs had 25,600"]


@pytest.mark.parametrize(
    ("tried", "places", "told"),
    [
        ((0.1, 0.2, 0.4), 16, "Cannot be said yet: 3 shares were tried; a critical ratio needs at least 4."),
        (SHARES, 2, "were validated after 2 different numbers of tokens; a curve needs at least 4."),
    ],
)
def test_too_little_is_a_sentence_and_no_error(tmp_path, tried, places, told):
    text = experiment(shares(*tried), laws=LAW % 0.05, seeds="[1]")
    (found,) = asked(planted(tmp_path, text, LONGER, loss, places))
    assert found.statements[0].endswith(told) and not found.fits and not found.forecasts
