"""RegMix over a table of planted runs: its trees rank mixtures held out, and its answer beats those that were run."""

import numpy as np
import pytest
from finished_points import asked, planted
from tuned_world import RECIPE, write_tuned

from pipeline.errors import UserError
from pipeline.tune.experiment import load_experiment
from pipeline.tune.inquiries import regmix
from pipeline.tune.swarm import Run, Swarm, write_swarm

NAMES = ("help", "made")
EXPERIMENT = """
name: share
recipe: tiny.yaml
run: cpt
factors:
  peak: {kind: values, field: runs.cpt.learning_rate.peak, values: [0.001, 0.003]}
seeds: [1]
metrics: {made: {kind: loss, sources: [made]}}
decide: {lowest: made}
match_repetition: false
laws:
  - {kind: regmix, swarm: there, weights: {total: 1}, leaf: %s, simulated: 5000, averaged: 64}
"""
BEST = 0.62


def total(share):
    return 2.0 + (share - BEST) ** 2


def swarm(folder, count):
    """Write tables of mixtures spread evenly, whose best one was not run."""
    shares = [share for share in np.linspace(0.02, 0.98, count) if abs(share - BEST) > 0.05]
    runs = [Run(f"r{i}", f"r{i}", {"help": s, "made": 1 - s}, {"total": total(s)}) for i, s in enumerate(shares)]
    (folder / "there").mkdir()
    write_swarm(folder / "there", Swarm(NAMES, tuple(runs)), ["total"])
    return shares


def found(folder, leaf):
    lab = planted(folder, EXPERIMENT % leaf, RECIPE, lambda point, done, rates: {"help": 3.0, "made": 2.0}, 2)
    (finding,) = asked(lab)
    return finding


def test_the_answer_lies_where_nothing_was_run_and_is_better_than_all_that_was(tmp_path, monkeypatch):
    monkeypatch.setattr(regmix, "RESAMPLES", 4)
    tried = swarm(tmp_path, 80)
    finding = found(tmp_path, 3)
    words = finding.statements[0].rstrip(".").split(": ")[1].replace(",", "").split()
    mixture = dict(zip(words[::2], map(float, words[1::2]), strict=True))
    assert "by trees over" in finding.statements[0] and total(mixture["help"]) < min(map(total, tried))
    (fit,) = finding.fits
    assert fit.rows == len(tried) and fit.parameters["mixtures in a leaf"] == 3
    assert fit.parameters["held-out Spearman"] > 0.95 and fit.held_out_error > fit.relative_error > 0
    assert any("with a correlation of 0.9" in said or "of 1.00" in said for said in finding.statements)
    assert f"The paper's swarm has 512 mixtures, this one {len(tried)}" in finding.statements[3]
    (forecast,) = finding.forecasts
    assert forecast.beyond[0] == "the mixture was not run" and forecast.low <= forecast.high


def test_a_swarm_too_small_for_two_leaves_is_a_sentence_and_no_error(tmp_path):
    count = len(swarm(tmp_path, 12))
    (said,) = found(tmp_path, 20).statements
    assert said == (
        f"Cannot be said yet: total: {count} mixtures are too few for trees with 20 in a leaf; at least 40 are needed."
    )


def test_without_lightgbm_it_is_refused_before_anything_runs(tmp_path, monkeypatch):
    swarm(tmp_path, 12)
    monkeypatch.setattr(regmix.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"laws\.0\.kind: LightGBM is not installed"):
        load_experiment(write_tuned(tmp_path, EXPERIMENT % 3, RECIPE))
