"""The verdict: the lowest that keeps its bounds, held against baselines; written as a recipe of the large run."""

import pytest
from tuned_world import EXPERIMENT, write_tuned

from pipeline.recipe import load_recipe
from pipeline.tune.lab import Lab
from pipeline.tune.recommendation import write_recommendation
from pipeline.tune.results import Result
from pipeline.tune.summary import after
from pipeline.tune.verdict import decide

THREE_SEEDS = EXPERIMENT.replace("seeds: [1]", "seeds: [1, 2, 3]")


def lab(tmp_path, experiment=THREE_SEEDS):
    (tmp_path / "out").mkdir()
    return Lab(write_tuned(tmp_path, experiment), tmp_path, tmp_path / "out")


def results(lab, **means):
    """Return results whose metric ``made`` has these means and a noise of a hundredth, by level."""
    return [
        Result(point, {"made": means[level][0] + 0.01 * (point.seed - 2), "help": means[level][1]}, 4096)
        for point in lab.points
        for level in point.levels.values()
    ]


MEANS = {"few": (2.0, 0.1), "many": (1.0, 1.5), "natural": (3.0, 0.0), "stratified": (2.001, 0.0)}


def test_the_lowest_that_keeps_its_bounds_is_best_and_an_even_baseline_is_told(tmp_path):
    here = lab(tmp_path)
    verdict = decide(results(here, **MEANS), here.experiment.decide)
    assert verdict.places[0].combination == "made=many"
    assert verdict.broken == {"made=many": {"help": 1.5}}
    assert verdict.best is not None and verdict.best.combination == "made=few"
    told = "\n".join(after(here, verdict))
    assert "breaks help: 1.5000 > 1" in told and "best: made=few" in told
    assert verdict.within_noise == verdict.unbeaten or "baseline=natural" not in verdict.unbeaten


def test_one_seed_has_no_interval_and_says_so(tmp_path):
    here = lab(tmp_path, EXPERIMENT)
    told = "\n".join(after(here, decide(results(here, **MEANS), here.experiment.decide)))
    assert "nan" not in told
    assert "1.9900 (one seed: no interval)" in told


def test_the_recommendation_is_a_sound_recipe_of_the_large_run(tmp_path):
    here = lab(tmp_path, THREE_SEEDS + "target: {recipe: large.yaml, run: big}\n")
    (tmp_path / "large.yaml").write_text(
        (tmp_path / "tiny.yaml").read_text().replace("  cpt:", "  big:").replace("4K", "4M")
    )
    found = results(here, **MEANS)
    path = write_recommendation(here, decide(found, here.experiment.decide), found)
    big = load_recipe(path).runs["big"]
    assert big.phases[0].mixture.shares == {"help": 0.9, "made": 0.1} and big.tokens == 4_000_000 and big.seed is None
    text = path.read_text()
    assert "Left out: made=many (help 1.5000 > 1)." in text and "made: 2.0000 ± " in text


def test_nothing_is_recommended_where_every_combination_breaks_a_bound(tmp_path):
    here = lab(tmp_path)
    found = results(here, **dict.fromkeys(MEANS, (1.0, 9.0)))
    verdict = decide(found, here.experiment.decide)
    assert verdict.best is None and write_recommendation(here, verdict, found) is None
    assert "nothing is recommended" in list(after(here, verdict))[-1]


@pytest.mark.parametrize(("gap", "beaten"), [(0.5, True), (0.001, False)])
def test_a_baseline_is_beaten_only_beyond_noise(tmp_path, gap, beaten):
    here = lab(tmp_path)
    noise = iter((0.02, -0.01, -0.02, 0.01, 0.0, 0.015, -0.015, 0.02, 0.0, 0.01, -0.02, 0.0))
    means = {"few": 1.0, "many": 2.0, "natural": 1.0 + gap, "stratified": 1.0 + gap}
    found = [
        Result(p, {"made": means[level] + next(noise), "help": 0.0}, 1)
        for p in here.points
        for level in p.levels.values()
    ]
    assert (decide(found, here.experiment.decide).unbeaten == []) is beaten
