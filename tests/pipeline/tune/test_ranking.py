"""The ranking: differences are held against what seeds alone make."""

import numpy as np
import pytest
from scipy import stats

from pipeline.tune.points import Point
from pipeline.tune.ranking import differences, rank
from pipeline.tune.results import Result


def result(levels, seed, value):
    return Result(Point(levels, {}, seed, None), {"loss": value}, 1000)


def results(means, spread, seeds=(1, 2, 3)):
    noise = np.random.default_rng(0).normal(scale=spread, size=(len(means), len(seeds)))
    return [
        result({"factor": name}, seed, mean + noise[i, j])
        for i, (name, mean) in enumerate(means.items())
        for j, seed in enumerate(seeds)
    ]


def test_the_lowest_mean_comes_first_with_a_pooled_interval():
    rows = [result({"f": "a"}, s, v) for s, v in ((1, 1.0), (2, 1.2))] + [
        result({"f": "b"}, s, v) for s, v in ((1, 0.9), (2, 1.1))
    ]
    first, second = rank(rows, "loss")
    assert (first.combination, second.combination) == ("f=b", "f=a") and first.mean == pytest.approx(1.0)
    # Pooled variance 0.02 with 2 degrees of freedom, two seeds a mean.
    assert first.half_width == pytest.approx(stats.t.ppf(0.975, 2) * np.sqrt(0.02 / 2))


def test_a_large_difference_is_beyond_noise_and_a_small_one_is_not():
    rows = results({"best": 1.0, "alike": 1.001, "worse": 1.5}, spread=0.01)
    found = {d.combination: d for d in differences(rows, "loss", "factor=best")}
    assert found["factor=worse"].beyond_noise and not found["factor=alike"].beyond_noise
    assert found["factor=worse"].mean == pytest.approx(0.5, abs=0.05)


def test_among_many_alike_hardly_ever_one_seems_different():
    wrong = 0
    for trial in range(60):
        noise = np.random.default_rng(trial).normal(size=(9, 3))
        rows = [result({"f": str(i)}, s, noise[i, s]) for i in range(9) for s in range(3)]
        wrong += any(d.beyond_noise for d in differences(rows, "loss", "f=0"))
    assert wrong <= 9


def test_one_seed_tells_no_difference():
    rows = [result({"f": "a"}, 1, 1.0), result({"f": "b"}, 1, 5.0)]
    (gap,) = differences(rows, "loss", "f=a")
    assert not gap.beyond_noise and gap.mean == 4.0 and np.isnan(gap.half_width)


def test_baselines_are_marked():
    places = rank([result({"baseline": "natural"}, 1, 1.0), result({"f": "a"}, 1, 2.0)], "loss")
    assert [place.is_baseline for place in places] == [True, False]
