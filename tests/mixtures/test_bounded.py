"""Bounded shares: exact small cases, and what must hold for any."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtures.bounded import bounded


def test_without_binding_bounds_only_the_scale_changes():
    assert bounded({"a": 1.0, "b": 3.0}, {"a": 0.0, "b": 0.0}, {"a": 1.0, "b": 1.0}, 1.0) == {"a": 0.25, "b": 0.75}


def test_what_a_ceiling_frees_goes_to_the_others_in_proportion():
    shares = bounded({"a": 0.5, "b": 0.3, "c": 0.2}, dict.fromkeys("abc", 0.0), {"a": 0.0, "b": 1.0, "c": 1.0}, 1.0)
    assert shares == pytest.approx({"a": 0.0, "b": 0.6, "c": 0.4}, rel=1e-15)


def test_a_floor_takes_from_the_others_in_proportion():
    shares = bounded({"a": 0.02, "b": 0.49, "c": 0.49}, {"a": 0.1, "b": 0.0, "c": 0.0}, dict.fromkeys("abc", 1.0), 1.0)
    assert shares == pytest.approx({"a": 0.1, "b": 0.45, "c": 0.45}, rel=1e-15)


def test_one_bound_can_bring_the_next():
    shares = bounded({"a": 0.6, "b": 0.3, "c": 0.1}, dict.fromkeys("abc", 0.0), {"a": 0.4, "b": 0.35, "c": 1.0}, 1.0)
    assert shares == pytest.approx({"a": 0.4, "b": 0.35, "c": 0.25}, rel=1e-14)


def test_what_has_no_weight_stays_at_its_floor():
    assert bounded({"a": 0.0, "b": 1.0}, {"a": 0.0, "b": 0.0}, {"a": 1.0, "b": 1.0}, 1.0) == {"a": 0.0, "b": 1.0}


@given(
    st.lists(st.tuples(st.floats(1e-6, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0)), min_size=1, max_size=12),
    st.floats(0.0, 1.0),
)
def test_bounds_and_total_hold_and_one_scale_serves_the_rest(rows, position):
    names = range(len(rows))
    weights = {n: row[0] for n, row in enumerate(rows)}
    lower = {n: min(row[1:]) for n, row in enumerate(rows)}
    upper = {n: max(row[1:]) for n, row in enumerate(rows)}
    least, most = math.fsum(lower.values()), math.fsum(upper.values())
    total = min(most, least + position * (most - least))
    shares = bounded(weights, lower, upper, total)
    assert math.fsum(shares.values()) == pytest.approx(total, rel=1e-12, abs=1e-12)
    assert all(lower[n] <= shares[n] <= upper[n] for n in names)
    scales = [shares[n] / weights[n] for n in names if lower[n] < shares[n] < upper[n]]
    assert all(scale == pytest.approx(scales[0], rel=1e-9) for scale in scales)
    if scales:
        full = [n for n in names if lower[n] < shares[n] == upper[n]]
        assert all(upper[n] <= scales[0] * weights[n] * (1 + 1e-9) for n in full)
