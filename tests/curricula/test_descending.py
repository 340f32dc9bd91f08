"""Descending: the mirror of ascending, save that missing values stay last."""

import numpy as np

from curricula.descending import Descending


def rows(values, key):
    signal = np.array(values, dtype=np.float64)
    return np.concatenate(list(Descending(signal="s").rows(len(values), signal, key))).tolist()


def test_distinct_values_are_sorted_whatever_the_key():
    assert rows([3.0, 1.0, 2.0], 1) == rows([3.0, 1.0, 2.0], 2) == [0, 2, 1]


def test_missing_values_come_last_after_minus_infinity():
    assert rows([np.nan, np.inf, -np.inf, 0.0], 5) == [1, 3, 2, 0]


def test_equal_values_are_in_keyed_order():
    assert rows([1.0] * 50, 7) != rows([1.0] * 50, 8)
    assert sorted(rows([1.0] * 50, 7)) == list(range(50))
