"""Quantile buckets: monotone from bucket to bucket, a shuffle inside, missing values last."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curricula.buckets import Buckets


def rows(order, signal, key=1):
    pieces = list(order.rows(len(signal), np.array(signal, dtype=np.float64), key))
    return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int64)


signals = st.lists(st.floats() | st.sampled_from([0.0, 1.0, np.nan]), max_size=80)


@given(signals, st.integers(1, 100), st.sampled_from(["up", "down"]), st.integers(0, 2**64 - 1))
def test_no_bucket_reaches_into_the_next(signal, count, direction, key):
    signal = np.array(signal, dtype=np.float64)
    read = signal[rows(Buckets(signal="s", count=count, direction=direction), signal, key)]
    with_value = int((~np.isnan(signal)).sum())
    assert np.isnan(read[with_value:]).all()
    edges = [-(-bucket * with_value // count) for bucket in range(count + 1)]
    buckets = [read[a:b] for a, b in pairwise(edges) if b > a]
    for before, after in pairwise(buckets):
        assert (before.max() <= after.min()) if direction == "up" else (before.min() >= after.max())


def test_buckets_hold_the_same_number_and_are_shuffled_inside():
    read = rows(Buckets(signal="s", count=4), np.arange(100.0))
    for bucket in range(4):
        inside = read[bucket * 25 : bucket * 25 + 25].tolist()
        assert sorted(inside) == list(range(bucket * 25, bucket * 25 + 25))
        assert inside != sorted(inside)


def test_down_begins_with_the_highest():
    read = rows(Buckets(signal="s", count=2, direction="down"), [1, 2, 3, 4, np.nan, 0])
    assert set(read[:3].tolist()) == {1, 2, 3}
    assert read[-1] == 4


def test_as_many_buckets_as_documents_or_more_is_a_sort():
    signal = np.random.default_rng(0).permutation(50).astype(np.float64)
    for count in (50, 51, 1_000):
        assert rows(Buckets(signal="s", count=count), signal).tolist() == np.argsort(signal).tolist()


@pytest.mark.parametrize("value", [1.0, np.nan])
def test_a_constant_signal_is_a_shuffle(value):
    read = rows(Buckets(signal="s", count=10), np.full(20_000, value)).astype(np.float64)
    assert np.abs(np.diff(read)).mean() == pytest.approx(20_000 / 3, rel=0.03)
