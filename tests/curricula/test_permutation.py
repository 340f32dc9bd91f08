"""The keyed permutation is one, for every size, and looks like a shuffle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curricula.permutation import NARROW, SMALL, derive, hashes, permutation, permute, shuffled

keys = st.integers(0, 2**64 - 1)


def whole(size, key):
    return permute(np.arange(size, dtype=np.uint64), size, key)


@given(st.integers(0, 2_000), keys)
def test_it_is_a_bijection(size, key):
    assert np.array_equal(np.sort(whole(size, key)), np.arange(size))


@pytest.mark.parametrize("size", range(70))
def test_it_is_a_bijection_at_every_small_size(size):
    assert np.array_equal(np.sort(whole(size, 1)), np.arange(size))


@given(st.integers(1, 2_000), keys, st.data())
def test_any_part_can_be_had_alone(size, key, data):
    index = data.draw(st.integers(0, size - 1))
    assert permute(np.array([index], dtype=np.uint64), size, key)[0] == whole(size, key)[index]


def test_it_does_not_write_into_its_argument():
    indices = np.arange(1_000, dtype=np.uint64)
    permute(indices, 1_000, 9)
    assert np.array_equal(indices, np.arange(1_000))


def test_the_largest_sizes_stay_in_range():
    for size in (2**40 + 1, 2**62, 2**63 - 1):
        indices = np.array([0, 1, size // 2, size - 1], dtype=np.uint64)
        out = permute(indices, size, 2**64 - 1)
        assert (out < size).all()
        assert len(set(out.tolist())) == 4


def test_neighbours_are_independent():
    # A linear congruence would give a constant distance between neighbours; a shuffle a triangular one.
    size = 100_000
    for key in (0, 1, 2**64 - 1):
        out = whole(size, key).astype(np.float64)
        assert abs(np.corrcoef(out[:-1], out[1:])[0, 1]) < 0.02
        assert abs(np.corrcoef(out, np.arange(size))[0, 1]) < 0.02
        assert np.abs(np.diff(out)).mean() == pytest.approx(size / 3, rel=0.02)
        assert len(np.unique(np.diff(out))) > size // 2


def test_keys_one_apart_share_no_order():
    same = (whole(10_000, 41) == whole(10_000, 42)).sum()
    assert same < 10  # two random permutations share one place on average


def test_every_place_is_reached_evenly():
    # Where index 0 goes over many keys: 20 places, 4,000 keys; chi-square has 19 degrees of freedom.
    places = np.array([permute(np.zeros(1, dtype=np.uint64), 20, key)[0] for key in range(4_000)], dtype=np.int64)
    counts = np.bincount(places, minlength=20)
    assert ((counts - 200.0) ** 2 / 200.0).sum() < 43.8  # exceeded once in a thousand


@pytest.mark.parametrize("size", [SMALL - 1, SMALL, SMALL + 1, 2**11, 2**12 + 1, 2**16 - 1, 2**17 + 1, 300_007])
def test_it_is_a_bijection_at_the_seams(size):
    # Sorted hashes end at SMALL; halves of the network differ by a bit at odd widths.
    assert np.array_equal(np.sort(permutation(size, 3)), np.arange(size))


@pytest.mark.parametrize(("size", "index"), [(3, 0), (3, 1), (5, 0), (5, 1), (1_030, 1)])
def test_small_sizes_and_the_first_networks_are_even_too(size, index):
    places = np.array([permute(np.array([index]), size, key)[0] for key in range(3_000)])
    counts = np.bincount(places, minlength=size)
    squares = ((counts - 3_000 / size) ** 2 / (3_000 / size)).sum()
    assert squares < (size - 1) + 4.5 * (2 * (size - 1)) ** 0.5 + 5


@pytest.mark.parametrize("size", [100, 5_000])
def test_the_type_of_the_indices_does_not_matter(size):
    indices = np.arange(90)
    wanted = permute(indices, size, 1)
    assert wanted.dtype == np.int64
    for other in (np.uint8, np.int16, np.uint64):
        assert np.array_equal(permute(indices.astype(other), size, 1), wanted)


@given(keys, st.integers(0, 2**40))
def test_derived_keys_are_64_bits_and_differ(key, number):
    derived = {derive(key, number), derive(key, number + 1), derive((key + 1) % 2**64, number)}
    assert len(derived) == 3
    assert all(0 <= value < 2**64 for value in derived)


def test_the_order_is_pinned():
    # Recipes' bytes depend on these numbers: a change here is a new format of the stream.
    assert whole(8, 12345).tolist() == [4, 2, 5, 3, 1, 7, 6, 0]
    assert permute(np.arange(6), 1_025, 12345).tolist() == [839, 575, 36, 123, 488, 242]
    assert permute(np.arange(3), 2**33, 12345).tolist() == [1532668390, 617427831, 6135680955]


@pytest.mark.parametrize("size", [0, 1, 2, 100, NARROW - 1, NARROW, NARROW + 1, 50_000])
def test_shuffled_values_are_the_same_values(size):
    values = np.arange(size, dtype=np.int64) * 10**12
    first = shuffled(values, 7)
    assert np.array_equal(np.sort(first), values)
    assert np.array_equal(first, shuffled(values, 7))
    if size >= 100:
        assert (first == shuffled(values, 8)).sum() < 10
        assert (first == values).sum() < 10


def test_every_value_is_as_likely_at_every_place():
    size, tries = 12, 6_000
    counts = np.zeros((size, size))
    for key in range(tries):
        counts[shuffled(np.arange(size), derive(key, 0)), np.arange(size)] += 1
    deviation = (counts - tries / size) / np.sqrt(tries / size * (1 - 1 / size))
    assert np.abs(deviation).max() < 5


def test_hashes_of_both_widths_are_spread():
    for word, width in ((np.uint32, 32), (np.uint64, 64)):
        found = hashes(10_000, 1, word)
        assert found.dtype == word
        assert len(np.unique(found)) > 9_980
        assert abs((found >> word(width - 1)).mean() - 0.5) < 0.02
