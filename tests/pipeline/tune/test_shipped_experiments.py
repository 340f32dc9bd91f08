"""The experiments that are shipped: each loads in each of its sizes, and every point of it is a sound recipe."""

from pathlib import Path

import pytest

from pipeline.tune.experiment import load_experiment
from pipeline.tune.points import points_of

FOLDER = Path(__file__).resolve().parents[3] / "mixtures" / "experiments"
QUESTIONS = {"synthetic": 4, "ratio": 7, "corruption": 6, "order": 5, "disciplines": 4}
OTHERS = {"swarm": 15, "schedule": 5}
SIZES = ("pocket", "proxy", "tinyllama")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", QUESTIONS)
def test_every_point_of_the_five_questions_is_sound(name, size):
    path = FOLDER / f"{name}.yaml"
    points = points_of(load_experiment(path, size), path)
    assert len({point.combination for point in points}) == QUESTIONS[name]
    assert len({point.name for point in points}) == 3 * QUESTIONS[name]


@pytest.mark.parametrize("name", OTHERS)
def test_every_point_of_the_other_experiments_is_sound(name):
    path = FOLDER / f"{name}.yaml"
    points = points_of(load_experiment(path), path)
    assert len({point.combination for point in points}) == len(points) == OTHERS[name]


def test_no_other_file_is_shipped_without_being_looked_at():
    assert {path.stem for path in FOLDER.glob("*.yaml")} == {*QUESTIONS, *OTHERS}
    assert {path.stem for path in FOLDER.glob("sizes/*.yaml")} == set(SIZES)
