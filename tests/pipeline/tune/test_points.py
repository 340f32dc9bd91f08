"""Points: every combination with every seed, each a recipe that was checked; what is wrong is said all at once."""

import pytest
from tuned_world import EXPERIMENT, RECIPE, write_tuned

from pipeline.errors import UserError
from pipeline.tune.experiment import load_experiment
from pipeline.tune.points import points_of


def points(folder, experiment=EXPERIMENT, recipe=RECIPE):
    path = write_tuned(folder, experiment, recipe)
    return points_of(load_experiment(path), path)


def test_points_are_levels_times_seeds_with_both_baselines(tmp_path):
    found = points(tmp_path, EXPERIMENT.replace("seeds: [1]", "seeds: [1, 5]"))
    assert [(p.combination, p.seed) for p in found] == [
        (name, seed) for name in ("made=few", "made=many", "baseline=natural", "baseline=stratified") for seed in (1, 5)
    ]
    runs = [point.recipe.runs["cpt"] for point in found]
    assert [run.seed for run in runs] == [1, 5] * 4
    assert runs[2].phases[0].mixture.shares == {"help": 0.5, "made": 0.5}
    assert runs[4].phases[0].mixture.kind == "natural" and runs[6].phases[0].mixture.sources == ("help", "made")
    assert all(set(run.watch) == {"made", "help"} for run in runs)
    assert len({point.name for point in found}) == 8


def test_a_range_over_a_field_of_whole_numbers_draws_such_and_one_over_rates_does_not(tmp_path):
    ranges = "factors:\n  n: {kind: range, field: runs.cpt.phases.0.tokens, low: 1000, high: 5000}\n"
    ranges += "  rate: {kind: range, field: runs.cpt.learning_rate.peak, low: 0.001, high: 0.01}\n"
    start, end = EXPERIMENT.index("factors:"), EXPERIMENT.index("seeds:")
    text = EXPERIMENT[:start] + ranges + "design: {kind: latin_hypercube, points: 3}\n" + EXPERIMENT[end:]
    found = [point for point in points(tmp_path, text) if not point.is_baseline]
    assert [point.levels["n"] for point in found] == [str(point.recipe.runs["cpt"].tokens) for point in found]
    assert all("." in point.levels["rate"] for point in found) and len(found) == 3


def test_an_edited_recipe_makes_other_points_and_a_new_seed_leaves_the_others(tmp_path):
    before = {p.name for p in points(tmp_path)}
    more = {p.name for p in points(tmp_path, EXPERIMENT.replace("seeds: [1]", "seeds: [9, 1]"))}
    edited = {p.name for p in points(tmp_path, recipe=RECIPE.replace("peak: 3.0e-3", "peak: 1.0e-3"))}
    assert before < more and not before & edited


def test_a_small_run_keeps_as_much_less_as_it_is_shorter(tmp_path):
    longer = EXPERIMENT + "target: {tokens: 40K}\n"
    for point in points(tmp_path, longer):
        assert point.recipe.runs["cpt"].keep == {"help": 0.1, "made": 0.1}
    for point in points(tmp_path, longer + "match_repetition: false\n"):
        assert point.recipe.runs["cpt"].keep == {}


def test_every_problem_is_told_at_once(tmp_path):
    spoilt = EXPERIMENT.replace("made: 0.5}", "maid: 0.5}").replace(
        "cpt.phases.0.mixture.shares: {help: 0.9", "cpt.phases.3: {a: 1"
    )
    with pytest.raises(UserError) as error:
        points(tmp_path, spoilt)
    told = str(error.value)
    assert "point made=few: runs.cpt.phases.3: there is no item 3" in told
    assert "point made=many: runs.cpt.phases.0.mixture.shares.maid: no such source or group; did you mean made?" in told


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "decide: {lowest: made,",
            "decide: {lowest: mode,",
            "share.yaml:16: decide.lowest: no such metric: mode; did you mean",
        ),
        ("run: cpt", "run: cbt", "run: .*tiny.yaml has no such run; did you mean cpt"),
        ("sources: [made]", "sources: [mad]", "metrics: no such source: mad; did you mean made"),
        ("kind: levels", "kind: level", "factors.made: unknown kind 'level'; did you mean levels"),
        ("seeds: [1]", "seeds: [1, 1]", "seeds: a seed is written twice"),
        ("seeds: [1]", "seeds: [1]\ndesign: {kind: dirichlet, points: 3}", "dirichlet design: a swarm draws shares"),
    ],
)
def test_mistakes_in_an_experiment_are_named(tmp_path, old, new, told):
    with pytest.raises(UserError, match=told):
        points(tmp_path, EXPERIMENT.replace(old, new))
