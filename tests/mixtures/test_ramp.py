"""A ramp is a straight line, and its rounds add up to its mean."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mixtures.base import Situation, Slice
from mixtures.ramp import Ramp

RAMP = Ramp(start={"books": 1.0}, end={"books": 0.2, "zh": 0.8})


@pytest.mark.parametrize(("progress", "zh"), [(0.0, 0.0), (0.25, 0.2), (0.5, 0.4), (1.0, 0.8)])
def test_at_an_instant(situation, progress, zh):
    shares = RAMP.choose(situation(progress=progress))
    assert (shares["zh"], shares["books"]) == pytest.approx((zh, 1 - zh), abs=1e-15)


def test_a_round_gets_the_shares_of_its_middle(situation):
    assert RAMP.choose(situation(progress=0.25, round_progress=0.5))["zh"] == pytest.approx(0.4)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=12))
def test_rounds_of_any_lengths_hold_the_mean_of_both_ends(lengths):
    slices = (Slice("books", "books", (), 5), Slice("zh", "zh", (), 7))
    given_to_zh, begin = [], 0
    for length in lengths:
        here = Situation(slices, {}, progress=begin / sum(lengths), tokens=0, round_progress=length / sum(lengths))
        given_to_zh.append(RAMP.choose(here)["zh"] * length)
        begin += length
    assert math.fsum(given_to_zh) == pytest.approx(0.4 * sum(lengths), rel=1e-12)


@pytest.mark.parametrize("shares", [{"books": 0.9}, {}, {"books": 1.5, "zh": -0.5}])
def test_both_ends_are_shares(shares):
    with pytest.raises(ValidationError):
        Ramp(start={"zh": 1.0}, end=shares)
    with pytest.raises(ValidationError):
        Ramp(start=shares, end={"zh": 1.0})
