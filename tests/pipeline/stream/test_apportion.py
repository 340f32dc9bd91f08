"""Shares become whole sequences without drift."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sizes import at_least

from pipeline.stream.apportion import ONE, apportion, spread, to_units

shares = st.lists(st.floats(0, 1), min_size=1, max_size=12).filter(lambda s: sum(s) > 1e-3)


def names(count):
    return [f"s{i:02d}" for i in range(count)]


def as_units(values):
    return to_units(dict(zip(names(len(values)), values, strict=True)), names(len(values)))


@given(shares)
def test_units_sum_to_exactly_one(values):
    assert as_units(values).sum() == ONE


def test_units_refuse_nonsense():
    with pytest.raises(ValueError, match="finite"):
        to_units({"a": float("nan")}, ["a"])
    with pytest.raises(ValueError, match="not all 0"):
        to_units({"a": 0.0}, ["a"])


@at_least(100)
@given(shares, st.lists(st.integers(1, 50), min_size=1, max_size=40))
def test_constant_shares_stay_within_one_sequence_for_ever(values, rounds):
    units = as_units(values)
    carry = np.zeros_like(units)
    for sequences in rounds:
        counts, carry = apportion(units, carry, sequences)
        assert counts.min() >= 0
        assert counts.sum() == sequences
        assert carry.sum() == 0
        assert abs(carry).max() < ONE


@at_least(100)
@given(st.lists(st.tuples(shares, st.integers(1, 60)), min_size=2, max_size=30))
def test_changing_shares_lose_nothing(rounds):
    size = min(len(values) for values, _ in rounds)
    given_so_far = np.zeros(size, dtype=np.int64)
    target = np.zeros(size, dtype=object)
    carry = np.zeros(size, dtype=np.int64)
    for values, sequences in rounds:
        if sum(values[:size]) < 1e-3:
            continue
        units = as_units(values[:size])
        counts, carry = apportion(units, carry, sequences)
        target = target + units.astype(object) * sequences
        given_so_far += counts
        assert counts.min() >= 0
        assert counts.sum() == sequences
        assert (target - given_so_far.astype(object) * ONE == carry).all()


def test_known_counts():
    units = as_units([0.2, 0.8])
    counts, carry = apportion(units, np.zeros(2, dtype=np.int64), 8)
    assert counts.tolist() == [2, 6] or counts.tolist() == [1, 7]
    total = counts.copy()
    for _ in range(4):
        counts, carry = apportion(units, carry, 8)
        total += counts
    assert total.tolist() == [8, 32]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8).filter(any))
def test_spread_gives_every_slice_its_count_in_order(counts):
    slices, nth = spread(np.array(counts))
    assert np.bincount(slices, minlength=len(counts)).tolist() == counts
    for i, count in enumerate(counts):
        assert nth[slices == i].tolist() == list(range(count))


def test_spread_is_even():
    slices, _ = spread(np.array([2, 6]))
    assert slices.tolist() == [1, 0, 1, 1, 1, 0, 1, 1]
