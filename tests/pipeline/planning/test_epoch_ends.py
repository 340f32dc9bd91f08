"""The place of a sequence in its round, worked out from counts, is the place at which it is read."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.planning.epoch_ends import place_in_round
from pipeline.stream.apportion import spread


def test_two_equal_slices_take_turns():
    assert [place_in_round({"a": 3, "b": 3}, "a", n) for n in range(3)] == [0, 2, 4]
    assert [place_in_round({"a": 3, "b": 3}, "b", n) for n in range(3)] == [1, 3, 5]


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 60), min_size=1))
def test_it_is_the_place_that_the_round_gives(counts):
    names = sorted(counts)
    which, nth = spread(np.array([counts[name] for name in names]))
    for place, (index, number) in enumerate(zip(which.tolist(), nth.tolist(), strict=True)):
        assert place_in_round(counts, names[index], number) == place
