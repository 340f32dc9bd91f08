"""Quantiles without sorting: the very numbers that sorting gives, ties, infinities and signs of zero included."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stream.quantiles import quantile_edges

NUMBERS = st.one_of(st.floats(), st.sampled_from([0.0, -0.0, 1.0, 1.0 + 2**-52, 5e-324, -5e-324, math.inf]))


@given(st.lists(st.lists(NUMBERS, max_size=20), max_size=5), st.integers(2, 12))
def test_the_edges_are_those_of_the_sorted_numbers(batches, buckets):
    arrays = [np.array(batch, dtype=np.float64) for batch in batches]
    numbers = sorted(x for batch in batches for x in batch if not math.isnan(x))
    expected = [numbers[k * len(numbers) // buckets] for k in range(1, buckets)] if numbers else []
    assert list(quantile_edges(lambda: iter(arrays), buckets)) == expected


@given(st.lists(NUMBERS, min_size=1, max_size=40), st.randoms(), st.integers(1, 7))
def test_neither_the_order_nor_the_batches_matter(numbers, random, size):
    shuffled = random.sample(numbers, len(numbers))
    batches = [np.array(shuffled[i : i + size]) for i in range(0, len(shuffled), size)]
    assert quantile_edges(lambda: batches, 5) == quantile_edges(lambda: [np.array(numbers)], 5)


@pytest.mark.parametrize("buckets", [2, 3, 4, 10, 100])
def test_distinct_numbers_fall_into_equal_buckets(buckets):
    numbers = np.random.default_rng(3).normal(50, 20, 5_000)
    edges = quantile_edges(lambda: np.array_split(numbers, 7), buckets)
    counts = np.bincount(np.searchsorted(edges, numbers, side="right"))
    assert counts.max() - counts.min() <= 1


def test_it_reads_four_times_and_never_all_at_once():
    passes = []

    def read():
        passes.append(1)
        for _ in range(3):
            yield np.arange(100.0)

    assert quantile_edges(read, 4) == (25.0, 50.0, 75.0)
    assert len(passes) == 4
