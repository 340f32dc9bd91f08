"""Strata: all rows once, any part on its own, and no trace of where a row lay."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curricula import strata
from curricula.strata import Strata

sizes = st.integers(1, 700)
keys = st.integers(0, 2**64 - 1)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Parts of about eight rows, sums of a few lines at a time, columns in two stretches."""
    monkeypatch.setattr(strata, "PART", 8)
    monkeypatch.setattr(strata, "_PASS", 40)
    monkeypatch.setattr(strata, "HELD", 64)


def all_parts(shuffle):
    return [shuffle.rows(number) for number in range(len(shuffle))]


@given(sizes, keys)
@settings(max_examples=300)
def test_every_row_is_in_one_part_which_is_known(size, key):
    shuffle = Strata(size, key)
    parts = all_parts(shuffle)
    assert all(part.dtype == np.int64 and len(part) for part in parts)
    assert sorted(np.concatenate(parts).tolist()) == list(range(size))
    for number, part in enumerate(parts):
        assert {shuffle.part_of(row) for row in part.tolist()} == {number}


@given(sizes, keys)
@settings(max_examples=300)
def test_edges_are_sums_of_the_parts(size, key):
    tokens = np.random.default_rng(size).integers(0, 50, size).astype(np.int32)
    shuffle = Strata(size, key)
    expected = np.cumsum([0, *(int(tokens[part].sum()) for part in all_parts(shuffle))])
    assert shuffle.edges(tokens).dtype == np.int64
    assert shuffle.edges(tokens).tolist() == expected.tolist()


@pytest.mark.parametrize("size", [7, 8, 9, 64, 65, 511, 512, 513, 5_000])
def test_a_part_is_the_same_whether_or_not_others_were_read(size):
    whole = all_parts(Strata(size, 3))
    for number in reversed(range(len(whole))):
        assert np.array_equal(Strata(size, 3).rows(number), whole[number])


def test_no_rows_have_no_parts():
    assert len(Strata(0, 1)) == 0
    assert Strata(0, 1).edges(np.zeros(0, np.int32)).tolist() == [0]


def test_every_row_is_as_likely_in_every_part():
    size, tries = 60, 2_000
    counts = np.zeros((size, len(Strata(size, 0))))
    widths = np.zeros(len(Strata(size, 0)))
    for key in range(tries):
        for number, part in enumerate(all_parts(Strata(size, key * 0x9E3779B97F4A7C15 % 2**64))):
            counts[part, number] += 1
            widths[number] += len(part)
    expected = widths / size
    deviation = (counts - expected) / np.sqrt(expected * (1 - expected / tries))
    assert np.abs(deviation).max() < 5
    assert 0.8 < deviation.std() < 1.2


def test_neighbours_of_a_line_go_to_different_parts():
    shuffle = Strata(640, 5)  # 8 lines of 80 columns, a part is one column
    assert (shuffle.lines, shuffle.columns, shuffle.width) == (8, 80, 1)
    for part in all_parts(shuffle):
        assert sorted((part // 80).tolist()) == list(range(8))


def test_followers_in_the_order_are_not_neighbours_in_the_corpus(monkeypatch):
    monkeypatch.undo()
    order = np.concatenate(all_parts(Strata(300_000, 9)))
    steps = np.abs(np.diff(order))
    assert (steps < 100).mean() < 0.002  # 0.0007 where the shuffle is uniform
    assert abs(np.corrcoef(order[:-1], order[1:])[0, 1]) < 0.01
    assert abs(np.corrcoef(order, np.arange(len(order)))[0, 1]) < 0.01


def test_its_bytes_stay_what_they_are(monkeypatch):
    monkeypatch.undo()
    assert Strata(6, 12345).rows(0).tolist() == [5, 4, 2, 0, 1, 3]
    assert Strata(100_000, 12345).rows(3)[:4].tolist() == [87275, 80911, 6920, 14455]
    assert Strata(10**14, 12345).rows(10**6)[:3].tolist() == [8140683119965, 4308564024492, 25022255825928]
