"""Decay now: from where an amendment finds the run."""

import pytest

from curricula.decay_now import DecayNow
from curricula.schedule import Before

BEFORE = Before(600, 0.8)


@pytest.mark.parametrize(
    ("tokens", "value"), [(600, 0.8), (625, 0.6), (700, 0.4), (825, 0.2), (1_000, 0.0), (1_001, 0.0)]
)
def test_one_minus_sqrt_over_what_is_left(tokens, value):
    # 1 - sqrt(25/400) = 0.75, 1 - sqrt(100/400) = 0.5, 1 - sqrt(225/400) = 0.25 of 0.8
    assert DecayNow().value(tokens, 1_000, BEFORE) == pytest.approx(value, abs=1e-15)


def test_a_stated_length_then_the_floor():
    schedule = DecayNow(tokens=100, shape="linear", floor=0.2)
    assert [schedule.value(t, 1_000, BEFORE) for t in (600, 650, 700, 999)] == [0.8, pytest.approx(0.5), 0.2, 0.2]
    assert schedule.between(1_000, BEFORE) == (600, 700, 1_000)


def test_a_run_below_the_floor_stays_where_it_is():
    assert DecayNow(floor=0.9).value(900, 1_000, BEFORE) == 0.8


def test_a_run_that_begins_with_it_says_from_where():
    with pytest.raises(ValueError, match="needs start"):
        DecayNow().value(0, 1_000)
