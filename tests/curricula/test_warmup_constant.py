"""Warm-up, then constant: exact values."""

import pytest
from pydantic import ValidationError

from curricula.warmup_constant import WarmupConstant


def test_llama_3_syne():
    # 1e-7 to 1e-5 over 10B of 100B tokens, then constant.
    schedule = WarmupConstant(peak=1e-5, start=1e-7, warmup="10B")
    assert schedule.value(0, 10**11) == 1e-7
    assert schedule.value(5 * 10**9, 10**11) == pytest.approx(5.05e-6, rel=1e-12)
    assert schedule.value(10**10, 10**11) == schedule.value(10**11, 10**11) == 1e-5


def test_without_a_warm_up_it_is_constant_from_the_first_token():
    assert WarmupConstant(peak=2.0).value(0, 10) == 2.0


def test_the_last_token_of_the_warm_up_is_still_below_the_peak():
    assert WarmupConstant(peak=1.0, warmup=4).value(3, 10) == 0.75


@pytest.mark.parametrize("peak", [0.0, -1.0, float("inf"), float("nan")])
def test_a_peak_is_a_positive_number(peak):
    with pytest.raises(ValidationError):
        WarmupConstant(peak=peak)
