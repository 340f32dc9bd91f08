"""Warm-up: the head of the inner order by tokens, then a shuffle of exactly the rest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curricula.ascending import Ascending
from curricula.orders import AnyOrder  # noqa: F401 (completes the wrappers)
from curricula.warm_up import WarmUp


def rows(share, signal, tokens, key=1):
    order = WarmUp(of=Ascending(signal="s"), warm_up_share=share)
    pieces = list(order.rows(len(signal), np.array(signal, dtype=np.float64), key, np.array(tokens, dtype=np.int32)))
    return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int64)


@pytest.mark.parametrize(
    ("share", "head"),
    [(0.01, [3]), (0.1, [3]), (0.11, [3, 2]), (0.3, [3, 2]), (0.31, [3, 2, 1]), (1.0, [3, 2, 1, 0])],
)
def test_the_share_is_of_tokens_and_its_last_document_belongs_to_it(share, head):
    assert rows(share, [4, 3, 2, 1], [40, 30, 20, 10])[: len(head)].tolist() == head


def test_no_share_is_random_order():
    read = rows(0.0, np.arange(20_000), np.ones(20_000)).astype(np.float64)
    assert np.abs(np.diff(read)).mean() == pytest.approx(20_000 / 3, rel=0.03)


lengths = st.lists(st.integers(0, 9), max_size=60)


@given(lengths, st.floats(0, 1), st.integers(0, 2**64 - 1))
def test_the_head_is_sorted_and_just_long_enough(tokens, share, key):
    read = rows(share, np.arange(len(tokens)), tokens, key)
    wanted = share * sum(tokens)
    head = int(np.searchsorted(np.cumsum(tokens), wanted)) + 1 if wanted > 0 else 0
    assert read[:head].tolist() == list(range(head))
    assert sorted(read.tolist()) == list(range(len(tokens)))


def test_the_rest_is_shuffled_evenly():
    read = rows(0.25, np.arange(20_000), np.ones(20_000)).astype(np.float64)
    assert read[:5_000].tolist() == list(range(5_000))
    assert np.abs(np.diff(read[5_000:])).mean() == pytest.approx(15_000 / 3, rel=0.03)


def test_it_cannot_do_without_lengths():
    with pytest.raises(AssertionError, match="counts tokens"):
        next(WarmUp(of=Ascending(signal="s")).rows(2, np.zeros(2), 1))
