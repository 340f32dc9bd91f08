"""Who stays: against a plain walk down the ranks with exact similarities."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean import near_duplicates
from pipeline.clean.minhash import band_hashes
from pipeline.clean.near_duplicates import survivors
from pipeline.clean.survivor import ranked


def by_hand(hashes, rows, similarity, bands):
    """Walk down the ranks and compare with all that stay."""
    blocks = hashes.reshape(len(hashes), bands, 2)
    survivor, staying = [], []
    for rank, row in enumerate(rows):
        like = [
            other
            for other in staying
            if (hashes[row] == hashes[rows[other]]).mean() >= similarity
            and (blocks[row] == blocks[rows[other]]).all(axis=1).any()
        ]
        survivor.append(like[0] if like else rank)
        if not like:
            staying.append(rank)
    return survivor


@given(st.integers(0, 10**6), st.integers(0, 25), st.sampled_from([0.25, 0.5, 0.75, 1.0]))
@settings(max_examples=80, deadline=None)
def test_survivors_are_those_of_a_walk_down_the_ranks(seed, documents, similarity):
    rng = np.random.default_rng(seed)
    hashes = rng.integers(0, 3, (documents, 8)).astype(np.uint32)
    rows = rng.permutation(documents)[: documents * 3 // 4].astype(np.int64)
    bands = band_hashes(hashes, np.zeros(documents, np.uint64), 4)
    assert survivors(hashes, bands, rows, similarity).tolist() == by_hand(hashes, rows, similarity, 4)


def test_no_chain_of_likenesses_removes_anyone():
    hashes = np.arange(10, dtype=np.uint32)[None, :].repeat(3, axis=0)
    hashes[1, :3] += 100
    hashes[2, :6] += 100  # like the second by 0.7, like the first by 0.4
    bands = band_hashes(hashes, np.zeros(3, np.uint64), 10)
    assert survivors(hashes, bands, np.array([0, 1, 2]), 0.7).tolist() == [0, 0, 2]
    assert survivors(hashes, bands, np.array([1, 0, 2]), 0.7).tolist() == [0, 0, 0]


def test_large_buckets_cost_no_square(monkeypatch):
    monkeypatch.setattr(near_duplicates, "LEADERS", 3)
    pairs = [(a, b) for better, worse in near_duplicates._proposed(np.zeros(50, np.uint64))
             for a, b in zip(better, worse, strict=True)]  # fmt: skip
    assert len(pairs) == 49 + 48 + 47
    assert set(pairs) == {(a, b) for a in range(3) for b in range(a + 1, 50)}


def test_rank_by_criteria_then_by_place():
    length, score = np.array([3, 5, 5, 5]), np.array([0.9, 0.1, 0.8, 0.8])
    values = {"length": length, "language_score": score}
    rows = np.array([0, 1, 2, 3])
    assert ranked(rows, ("length", "language_score"), values).tolist() == [2, 3, 1, 0]
    assert ranked(rows, ("language_score",), values).tolist() == [0, 2, 3, 1]
    assert ranked(rows, (), values).tolist() == [0, 1, 2, 3]
    assert ranked(rows[1:], ("length",), {}).tolist() == [1, 2, 3]
