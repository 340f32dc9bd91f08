"""Best fit: nothing overflows, nothing is lost, and the result is best-fit decreasing's."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stream.best_fit import best_fit


def one_by_one(lengths, capacity):
    """Return the number of bins of best-fit decreasing as the textbook has it."""
    room = []
    for length in sorted(lengths, reverse=True):
        fitting = [i for i, left in enumerate(room) if left >= length]
        if fitting:
            room[min(fitting, key=lambda i: room[i])] -= length
        else:
            room.append(capacity - length)
    return sorted(room)


@given(st.integers(1, 40), st.data())
def test_is_best_fit_decreasing(capacity, data):
    lengths = data.draw(st.lists(st.integers(1, capacity), max_size=60))
    bins = best_fit(np.array(lengths, dtype=np.int64), capacity)
    used = np.bincount(bins, weights=lengths).astype(int) if lengths else np.zeros(0, int)
    assert (used > 0).all()
    assert sorted(capacity - used) == one_by_one(lengths, capacity)


def test_by_hand():
    assert best_fit(np.array([3, 5, 2, 5, 4]), 9).tolist() == [1, 0, 2, 1, 0]
