"""Ascending: exact order, ties by key, missing values last."""

import numpy as np

from curricula.ascending import Ascending
from curricula.permutation import permute


def rows(values, key):
    signal = np.array(values, dtype=np.float64)
    return np.concatenate(list(Ascending(signal="s").rows(len(values), signal, key))).tolist()


def test_distinct_values_are_sorted_whatever_the_key():
    assert rows([3.0, 1.0, 2.0], 1) == rows([3.0, 1.0, 2.0], 2) == [1, 2, 0]


def test_missing_values_come_last_after_infinity():
    assert rows([np.nan, np.inf, -np.inf, 0.0], 5) == [2, 3, 1, 0]


def test_equal_values_are_in_the_keyed_order():
    shuffled = permute(np.arange(50, dtype=np.uint64), 50, 7).tolist()
    assert rows([1.0] * 50, 7) == shuffled
    assert rows([1.0] * 50, 8) != shuffled


def test_it_says_which_column_it_needs():
    assert Ascending(signal="length").needs == "length"
