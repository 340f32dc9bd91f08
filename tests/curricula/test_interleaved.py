"""Interleaved folds: each is the inner order with steps of ``folds``; together they are everything."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curricula.ascending import Ascending
from curricula.buckets import Buckets
from curricula.interleaved import Interleaved
from curricula.orders import AnyOrder  # noqa: F401 (completes the wrappers)


def rows(order, signal, key=1):
    pieces = list(order.rows(len(signal), np.array(signal, dtype=np.float64), key))
    return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int64)


def test_seven_documents_in_three_folds():
    order = Interleaved(of=Ascending(signal="s"), folds=3)
    assert rows(order, [6, 5, 4, 3, 2, 1, 0]).tolist() == [6, 3, 0, 5, 2, 4, 1]


@given(st.lists(st.floats(allow_nan=False), max_size=80), st.integers(1, 100), st.integers(0, 2**64 - 1))
def test_every_fold_goes_from_easy_to_hard_over_the_whole_range(signal, folds, key):
    inner = Ascending(signal="s")
    ranks = np.argsort(rows(inner, signal, key))
    read = ranks[rows(Interleaved(of=inner, folds=folds), signal, key)]
    begin = 0
    for fold in range(folds):
        expected = np.arange(fold, len(signal), folds)
        assert np.array_equal(read[begin : begin + len(expected)], expected)
        begin += len(expected)
    assert begin == len(signal)


def test_around_buckets_every_fold_takes_an_equal_part_of_each():
    read = rows(Interleaved(of=Buckets(signal="s", count=4), folds=5), np.arange(100.0))
    for fold in read.reshape(5, 20) // 25:
        assert fold.tolist() == sorted(fold)
        assert np.bincount(fold).tolist() == [5, 5, 5, 5]
