import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.label.scoring import auc, confusion, f1, scores


def test_a_worked_example():
    counts = confusion(list("aaabbc"), list("aabbba"), list("abc"))
    assert counts.tolist() == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]
    assert f1(counts).tolist() == pytest.approx([2 * 2 / (3 + 3), 2 * 2 / (2 + 3), 0.0])
    found = scores(counts)
    assert found["macro_f1"] == pytest.approx((2 / 3 + 4 / 5 + 0) / 3, abs=1e-6)
    assert found["accuracy"] == pytest.approx(4 / 6, abs=1e-6)
    assert found["majority_accuracy"] == 0.5
    assert found["majority_macro_f1"] == pytest.approx((2 * 3 / (3 + 6)) / 3, abs=1e-6)


def test_a_class_without_true_documents_does_not_count():
    assert scores(confusion(["a"], ["a"], ["a", "b"]))["macro_f1"] == 1.0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=30))
def test_auc_is_the_share_of_pairs_in_the_right_order(rows):
    positive, score = np.array([p for p, _ in rows], dtype=bool), np.array([s for _, s in rows], dtype=float)
    pairs = [(a > b) + (a == b) / 2 for a in score[positive] for b in score[~positive]]
    assert auc(positive, score) == (pytest.approx(np.mean(pairs), abs=1e-6) if pairs else None)
