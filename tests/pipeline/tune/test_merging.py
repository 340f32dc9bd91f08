"""Merging on real small models: the mean of one model is that model, and ranks are compared with an interval."""

import json
import math
from dataclasses import replace

import pytest
from tuned_world import SWARM, write_tuned

from pipeline.errors import UserError
from pipeline.tune.experiment import load_experiment
from pipeline.tune.finding import Curve
from pipeline.tune.merging import Merged, merged
from pipeline.tune.merging_finding import merging_finding
from pipeline.tune.points import Point
from pipeline.tune.rank_correlation import spearman
from pipeline.tune.results import Result


def test_a_merged_model_is_the_mean_of_its_parts(swarm):
    lab, points = swarm
    assert [point.levels["mix"] for point in points[1:]] == ["1000-000", "000-1000"]
    assert list(merged(lab, points[:2], "mix")) == []
    (told,) = merged(lab, points, "mix")
    assert told.point is points[0] and set(told.metrics) == {"made", "help"}
    folder = lab.run_folder(points[1])
    alone = json.loads((folder / "validation.jsonl").read_text().splitlines()[-1])["loss"]
    (kept,) = (lab.root / "merged").iterdir()
    between = json.loads(kept.read_text())
    assert between.keys() == alone.keys()
    # A mean of weights lies near its parts, and foretells what the run of that mixture comes to.
    real = lab.outcome(points[0]).validations[-1]["loss"]
    assert all(between[name] == pytest.approx(real[name], rel=0.05) for name in real)
    # With one part's whole weight it is that part's model, as measured in training by another implementation.
    whole = {"runs.cpt.phases.0.mixture.shares": {"help": 1.0, "made": 0.0}}
    (same,) = merged(lab, [replace(points[0], changes=whole), *points[1:]], "mix")
    assert same.metrics["made"] == pytest.approx(alone["made"], abs=1e-4)


def test_a_rank_correlation_has_an_interval():
    rank, low, high = spearman([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 6, 5])
    assert rank == pytest.approx(1 - 6 * 2 / (6 * 35)) and -1 <= low < rank <= high <= 1
    assert spearman([1, 2, 3, 4], [8, 6, 4, 2])[0] == pytest.approx(-1)
    assert all(math.isnan(value) for value in spearman([1, 1, 1, 1], [1, 2, 3, 4]))


def finding(merged_losses, run_losses):
    points = [Point({"mix": str(i)}, {}, 1, None) for i in range(len(run_losses))]
    told = [Merged(point, {"loss": value}) for point, value in zip(points, merged_losses, strict=True)]
    results = [Result(point, {"loss": value}, 8) for point, value in zip(points, run_losses, strict=True)]
    return merging_finding(told, results)


def test_the_finding_says_how_well_merging_ranks():
    found = finding([3.0, 1.0, 2.0, 4.0], [2.9, 1.2, 1.1, 4.4])
    (statement,) = found.statements
    assert statement.startswith("loss: rank correlation with 4 runs 0.80 (95 % interval ")
    assert statement.endswith("of the lowest merged model, mix=1, the run is number 2 of them.")
    assert found.plots[0].curves == (Curve("mixtures", [3.0, 1.0, 2.0, 4.0], [2.9, 1.2, 1.1, 4.4], measured=True),)
    assert "3 mixtures have finished parts, at least 4" in finding([1, 2, 3], [1, 2, 3]).statements[0]


@pytest.mark.parametrize(
    ("changed", "by", "message"),
    [
        ("factor: mix", "factor: mx", "merging.factor: no such factor: mx; did you mean mix"),
        (", corners: true", "", "merging.factor: parts must be tried alone"),
    ],
)
def test_what_cannot_be_merged_is_refused(tmp_path, changed, by, message):
    with pytest.raises(UserError, match=message):
        load_experiment(write_tuned(tmp_path, SWARM.replace(changed, by)))
