"""Warm-up, stable, decay: exact values at and between the boundaries."""

import pytest
from pydantic import ValidationError

from curricula.warmup_stable_decay import WarmupStableDecay

SCHEDULE = WarmupStableDecay(peak=1.0, start=0.2, warmup=100, decay_share=0.4, floor=0.1)


@pytest.mark.parametrize(
    ("tokens", "value"),
    [
        (0, 0.2),
        (50, 0.6),
        (100, 1.0),
        (600, 1.0),
        (700, 0.1 + 0.9 * (1 - 0.5)),  # a quarter into the decay: 1 - sqrt(1/4)
        (1_000, 0.1),
        (1_100, 0.1),
    ],
)
def test_values(tokens, value):
    assert SCHEDULE.value(tokens, 1_000) == pytest.approx(value, rel=1e-15)


def test_the_decay_begins_after_its_boundary_for_shares_that_no_float_holds():
    for percent in range(1, 100):
        schedule = WarmupStableDecay(peak=1.0, decay_share=percent / 100)
        begin = 10**9 // 100 * (100 - percent)
        assert schedule.value(begin, 10**9) == 1.0
        assert schedule.value(begin + 1, 10**9) < 1.0


def test_it_only_falls_once_the_decay_has_begun():
    values = [SCHEDULE.value(tokens, 1_000) for tokens in range(600, 1_001)]
    assert values == sorted(values, reverse=True)


def test_the_floor_is_not_above_the_peak():
    with pytest.raises(ValidationError, match=r"floor 2 is above peak 1"):
        WarmupStableDecay(peak=1.0, floor=2.0)
