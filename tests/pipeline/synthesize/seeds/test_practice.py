import json
import math
from collections import Counter

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.synthesize.seeds.practice import last_losses, practised, rank, too_hard
from pipeline.synthesize.seeds.settings import Documents, Slices

KEYS = [(2 * i + 1) << 59 for i in range(16)]
"""Sixteen keys, evenly over all of 64 bits."""


def slices(**changes):
    return Slices.model_validate(
        {"run": "cpt", "slices": {"a": ["web/topic=a"], "b": ["web/topic=b", "books"]}, **changes}
    )


def test_quotas_are_shared_in_proportion_to_quota_times_e_to_the_loss():
    losses = {"web/topic=a": math.log(6), "web/topic=b": math.log(2), "books": math.log(8)}
    # Means log 6 and log 4, so parts 3 * 6 : 2 * 4 of 500.
    assert practised({"a": 300, "b": 200, "c": 7}, slices(), losses) == {"a": 346, "b": 154, "c": 7}
    quotas = {"a/easy": 300, "b/hard": 200, "c/easy": 7}
    assert practised(quotas, slices(), {**losses, "books": math.log(0.5)}) == {
        "a/easy": 450,
        "b/hard": 50,
        "c/easy": 7,
    }
    assert practised(quotas, slices(strength=0), losses) == quotas


def test_with_no_strength_documents_come_in_the_order_of_their_keys():
    practice = Documents(column="loss", strength=0)
    ranks = [rank(key, 5.0, practice) for key in KEYS]
    assert ranks == sorted(ranks, reverse=True)
    assert rank(0, 1.0, practice) < math.inf
    assert rank((1 << 64) - 1, 1.0, practice) > -math.inf


def test_documents_are_drawn_in_proportion_to_e_to_the_loss():
    """The Gumbel trick: of two documents the one with loss log 3 more comes first three times in four."""
    practice = Documents(column="loss")
    draw = np.random.default_rng(0)
    keys = draw.integers(0, 1 << 63, size=(20_000, 2), dtype=np.uint64) << np.uint64(1)
    first = Counter(rank(int(a), math.log(3), practice) > rank(int(b), 0.0, practice) for a, b in keys)
    assert abs(first[True] / 20_000 - 0.75) < 0.01


def test_the_hardest_are_left_out_and_documents_without_a_loss_do_not_count():
    losses = np.array([*range(20), np.nan, np.nan], dtype=np.float32)
    assert too_hard(losses, Documents(column="loss", hardest=0.1)) == 18
    assert too_hard(losses, Documents(column="loss", hardest=0.04)) == math.inf
    assert too_hard(np.array([np.nan], dtype=np.float32), Documents(column="loss")) == math.inf


def test_the_last_validation_of_a_run_counts(tmp_path):
    lines = [{"loss": {"web/topic=a": loss, "web/topic=b": 2.0, "books": 1.0, "x": 9}} for loss in (5.0, 3.0)]
    (tmp_path / "validation.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert last_losses(tmp_path, slices()) == {"web/topic=a": 3.0, "web/topic=b": 2.0, "books": 1.0}
    with pytest.raises(UserError, match=r"practice\.slices: bookz: run cpt has no loss of it; did you mean books"):
        last_losses(tmp_path, slices(slices={"a": ["bookz"]}))
