import numpy as np
import pytest

from pipeline.synthesize.seeds.pages import Pages
from pipeline.synthesize.seeds.recall import bound, recall
from pipeline.synthesize.seeds.settings import Recall

SMALL = {"dimension": 8, "epochs": 25, "buckets": 1 << 12}


def bound_of(chances, right, weights=None, **settings):
    weights = np.ones(len(chances)) if weights is None else np.array(weights, dtype=float)
    return bound(np.array(chances), np.array(right, dtype=bool), weights, Recall(support=1, **settings))


def test_the_bound_is_the_smallest_probability_from_which_on_the_precision_holds():
    chances, right = [0.9, 0.8, 0.7, 0.6, 0.5], [1, 0, 1, 1, 0]
    assert bound_of(chances, right, precision=1.0) == 0.9
    assert bound_of(chances, right, precision=0.75) == 0.6
    assert bound_of(chances, right, precision=0.6) == 0.5
    assert bound_of([0.9, 0.8], [0, 0]) is None
    assert bound_of([], []) is None


def test_a_page_that_stands_for_many_weighs_as_many_and_equal_probabilities_go_together():
    assert bound_of([0.9, 0.8], [1, 0], [1, 9], precision=0.1) == 0.8
    assert bound_of([0.9, 0.8], [1, 0], [1, 9.1], precision=0.1) == 0.9
    assert bound_of([0.9, 0.9], [1, 0], precision=0.9) is None


def test_few_pages_measure_no_precision():
    assert bound(np.array([0.9] * 5), np.ones(5, bool), np.ones(5), Recall(support=6)) is None


@pytest.fixture
def texts():
    draw = np.random.default_rng(0)
    own = {"physics": ["mass", "force", "motion", "重力"], "sport": ["goal", "team", "coach", "比赛"]}
    return [
        " ".join(draw.choice([*own["physics" if row % 2 == 0 else "sport"], "today", "news", "is"], 30))
        for row in range(400)
    ]


def test_pages_like_those_found_are_found_and_no_others(texts, tmp_path):
    pages = Pages(["physics", "rare"], len(texts))
    for row in range(0, 360, 2):
        pages.find(row, "physics", "label")
    pages.find(1, "rare", "label")
    rest = pages.unfound()
    told = recall(
        pages,
        Recall(precision=0.5, support=5, classifier=SMALL),
        0,
        lambda rows: {row: texts[row] for row in rows},
        lambda: iter([(rest.tolist(), [texts[row] for row in rest])]),
        tmp_path,
    )
    found = [int(row) for row in pages.rows("physics") if pages.how(int(row)) == "recall"]
    assert set(found) <= set(range(360, 400, 2))
    assert len(found) == told["physics"]["found"] >= 15
    assert list(pages.rows("rare")) == [1]
    assert "rare" not in told


def test_without_enough_pages_nothing_is_learned(texts, tmp_path):
    pages = Pages(["physics"], len(texts))
    pages.find(0, "physics", "label")
    told = recall(pages, Recall(), 0, dict, lambda: iter(()), tmp_path)
    assert told == {"physics": {"examples": 0, "least_probability": None, "found": 0}}
