"""Blocks: neighbours stay in one window, blocks and documents are shuffled, short blocks are whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curricula.blocks import Blocks


def rows(order, size, key=1):
    pieces = list(order.rows(size, None, key))
    return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int64)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 300), st.integers(0, 2**64 - 1))
def test_each_window_reads_whole_blocks(size, window, num_documents, key):
    order = Blocks(size=size, window=window)
    read = rows(order, num_documents, key)
    begin, opened = 0, 0
    num_blocks = -(-num_documents // size)
    while begin < num_documents:
        members = min(window, num_blocks - opened)
        # The window's documents: whole blocks, of which only the last of the slice may be short.
        end = begin + members * size
        blocks = set((read[begin:end] // size).tolist())
        if num_blocks - 1 in blocks:
            end -= num_blocks * size - num_documents
            blocks = set((read[begin:end] // size).tolist())
        assert len(blocks) == members
        begin, opened = end, opened + members
    assert begin == num_documents
    assert np.array_equal(np.sort(read), np.arange(num_documents))


def test_a_window_of_one_block_shuffles_inside_blocks():
    read = rows(Blocks(size=10, window=1), 100)
    blocks = read.reshape(10, 10) // 10
    assert (blocks == blocks[:, :1]).all()
    assert blocks[:, 0].tolist() != sorted(blocks[:, 0])
    assert len({tuple(row) for row in (read.reshape(10, 10) % 10).tolist()}) == 10


def test_a_window_over_everything_spreads_documents_as_a_shuffle_does():
    read = rows(Blocks(size=100, window=1_000), 50_000).astype(np.float64)
    assert np.abs(np.diff(read)).mean() == pytest.approx(50_000 / 3, rel=0.03)


def test_documents_of_a_window_are_mixed_across_its_blocks():
    read = rows(Blocks(size=50, window=20), 10_000)
    together = read[1:1_000] // 50 == read[:999] // 50
    assert together.mean() == pytest.approx(1 / 20, abs=0.03)
