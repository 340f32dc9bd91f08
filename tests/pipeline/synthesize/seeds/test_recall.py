import numpy as np
import pytest

from pipeline.synthesize.seeds.pages import Pages
from pipeline.synthesize.seeds.recall import bound, recall
from pipeline.synthesize.seeds.settings import Recall

SMALL = {"dimension": 8, "epochs": 25, "buckets": 1 << 12}


def bound_of(own, rest, precision, support=1):
    return bound(np.array(own), np.array(rest), Recall(support=support, precision=precision))


def test_the_bound_follows_from_how_many_of_the_rest_are_thought_to_be_of_the_discipline():
    # Above .8 half of the discipline's pages and 10 of the rest lie: purest, so 20 of the rest are thought to be of it.
    # Above .6 all of them lie: 20 thought right of the 25 that would be taken. Above .1 they are 20 of 100.
    own = [0.9, 0.8, 0.6, 0.6]
    rest = [0.85] * 10 + [0.7] * 15 + [0.2] * 75
    assert bound_of(own, rest, 1.0) == 0.8
    assert bound_of(own, rest, 0.8) == 0.6
    assert bound_of(own, rest, 0.81) == 0.8
    assert bound_of([*own, 0.1], rest, 0.2) == 0.1


def test_without_pages_that_could_be_taken_or_enough_that_judge_there_is_no_bound():
    assert bound_of([0.9, 0.8], [0.1, 0.2], 0.5) is None
    assert bound_of([0.9, 0.8], [0.85], 0.5, support=3) is None
    assert bound_of([0.9, 0.9, 0.8], [0.95, 0.9], 0.7, support=2) == 0.8


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
    for row in range(0, 240, 2):
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
    assert set(found) <= set(range(240, 400, 2))
    assert len(found) == told["physics"]["found"] >= 60
    assert list(pages.rows("rare")) == [1]
    assert "rare" not in told


def test_without_enough_pages_nothing_is_learned(texts, tmp_path):
    pages = Pages(["physics"], len(texts))
    pages.find(0, "physics", "label")
    told = recall(pages, Recall(), 0, dict, lambda: iter(()), tmp_path)
    assert told == {"physics": {"examples": 0, "least_probability": None, "found": 0}}
