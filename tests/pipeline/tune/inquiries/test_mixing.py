"""Mixing laws from finished runs, and from two tables in the form of Olmix: what was planted is found again."""

import numpy as np
import pytest
from finished_points import LONGER, asked, planted
from tuned_world import write_tuned

from pipeline.errors import UserError
from pipeline.tune.evidence import gather
from pipeline.tune.experiment import load_experiment
from pipeline.tune.results import results
from pipeline.tune.swarm import read_swarm, swarm_of, write_swarms
from pipeline.tune.verdict import decide

EXPERIMENT = """
name: share
recipe: tiny.yaml
run: cpt
factors:
  mixture: {kind: shares, field: runs.cpt.phases.0.mixture.shares, of: [help, made, third]}
design: {kind: dirichlet, points: 14, concentration: [0.6, 3.0]}
seeds: [1, 2]
metrics:
  help: {kind: loss, sources: [help]}
  made: {kind: loss, sources: [made]}
decide: {lowest: made}
match_repetition: false
target: {tokens: %s}
laws:
  - %s
"""
LAW = "{kind: mixing, factor: mixture, weights: {help: 1, made: 1}, epochs: 4}"
THIRD = "  third: {read: {kind: jsonl, paths: [raw/help.jsonl]}, profile: en, license: PSF-2.0}\n"
RECIPE = LONGER.replace("validation:", THIRD + "validation:")
NAMES = ("help", "made", "third")
PLANTED = {"help": (1.0, -0.2, (-2.5, 0.4, 0.3)), "made": (1.4, 0.1, (0.2, -1.8, 0.3))}


def truth(metric, shares):
    c, k, t = PLANTED[metric]
    return c + np.exp(k + np.dot(t, [shares[name] for name in NAMES]))


def loss(point, done, rates):
    """What was planted; of baselines, which have no shares, that of equal ones."""
    shares = point.changes.get("runs.cpt.phases.0.mixture.shares", dict.fromkeys(NAMES, 1 / 3))
    return {metric: float(truth(metric, shares)) * (1 + 2e-4 * (point.seed - 1.5)) for metric in PLANTED}


def total(shares):
    return sum(truth(metric, shares) for metric in PLANTED)


def best_of_all(most_help=1.0, most_made=1.0):
    steps = np.linspace(0, 1, 101)
    each = [(a, b) for a in steps for b in steps if a + b <= 1 and a <= most_help and b <= most_made]
    return min(total(dict(zip(NAMES, (a, b, 1 - a - b), strict=True))) for a, b in each)


def told(finding):
    """Return the mixture that the first sentence proposes."""
    words = finding.statements[0].rstrip(".").split(": ")[1].replace(",", "").split()
    return dict(zip(words[::2], map(float, words[1::2]), strict=True))


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Fourteen mixtures of three sources, run with two seeds each; the last source has no size."""
    return planted(tmp_path_factory.mktemp("swarm"), EXPERIMENT % ("25600", LAW), RECIPE, loss, 2)


@pytest.fixture(scope="module")
def found(lab):
    """What the law says of it."""
    (finding,) = asked(lab)
    return finding


def test_the_planted_optimum_is_found_better_than_the_best_point_that_was_run(lab, found):
    tried = [point.changes["runs.cpt.phases.0.mixture.shares"] for point in lab.points if not point.is_baseline]
    assert total(told(found)) < min(map(total, tried))
    assert total(told(found)) == pytest.approx(best_of_all(), rel=2e-3)
    assert "by laws over 14 mixtures" in found.statements[0]
    assert found.statements[1].startswith("It was not run. Expected: ") and "beyond noise" in found.statements[1]
    assert "No size is known of third" in found.statements[3]
    assert [fit.rows for fit in found.fits] == [14, 14] and all(fit.held_out_error < 5e-3 for fit in found.fits)


def test_its_forecasts_say_that_nothing_of_it_was_run(found):
    for forecast in found.forecasts:
        assert forecast.value == pytest.approx(truth(forecast.metric, told(found)), rel=5e-3)
        assert forecast.low <= forecast.value <= forecast.high
        assert forecast.beyond[0] == "the mixture was not run" and forecast.of.startswith("help 0.")


def test_a_source_that_the_large_run_would_read_too_often_is_held_back(tmp_path):
    # 60K tokens of help and 20K of questions, 4 times each, are 0.3 and 0.1 of 800K.
    (finding,) = asked(planted(tmp_path, EXPERIMENT % ("800K", LAW), RECIPE, loss, 2))
    assert told(finding) == {"help": 0.3, "made": 0.1, "third": 0.6}
    assert total(told(finding)) == pytest.approx(best_of_all(0.3, 0.1), rel=2e-3)
    assert any(phrase.startswith("losses are of 25,600 tokens") for phrase in finding.forecasts[0].beyond)


def test_both_tables_come_back_as_they_were_written_and_say_the_same(lab, found, tmp_path):
    done = results(lab)
    evidence = gather(lab, done, decide(done, lab.experiment.decide))
    assert list(write_swarms(evidence, tmp_path)) == [tmp_path]
    assert (tmp_path / "ratios.csv").read_text().startswith("run_id,name,help,made,third\nmixture=")
    back = read_swarm(tmp_path)
    assert back.runs == swarm_of(evidence, "mixture").runs and len(back.runs) == 28
    law = LAW.replace("factor: mixture", f"swarm: {tmp_path}")
    (finding,) = asked(planted(tmp_path, EXPERIMENT % ("25600", law), RECIPE, loss, 2))
    assert finding.statements == found.statements
    assert "how long the swarm's runs were is not known; losses are theirs" in finding.forecasts[0].beyond


def test_too_few_mixtures_are_a_sentence_and_no_error(tmp_path):
    few = (EXPERIMENT % ("25600", LAW)).replace("points: 14", "points: 4")
    (finding,) = asked(planted(tmp_path, few, RECIPE, loss, 2))
    assert finding.statements == ("Cannot be said yet: help: mixing law: 4 points cannot decide 5 parameters.",)


@pytest.mark.parametrize(
    ("law", "said"),
    [
        (LAW.replace("factor: mixture", "factor: mixtur"), "factor: mixtur is no factor of kind shares; did you mean"),
        (LAW.replace("made: 1", "mode: 1"), "weights.mode: no such metric: mode; did you mean made?"),
        (LAW.replace("factor: mixture, ", ""), "either factor (own points) or swarm"),
        (
            LAW.replace("epochs: 4", "prior: {help: 0.5, made: 0.5}"),
            "prior: needs a share for each of help, made, third",
        ),
        (
            LAW.replace("factor: mixture", "swarm: there"),
            "ratios.csv:3: r2: shares are 0 or more and sum to 1; found 1.5",
        ),
    ],
)
def test_what_is_wrong_with_its_names_and_tables_is_told(tmp_path, law, said):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "ratios.csv").write_text("run_id,help,made\nr1,0.5,0.5\nr2,1,0.5\n")
    (tmp_path / "there" / "metrics.csv").write_text("run_id,help,made\nr1,2.5,3.5\nr2,2,3\n")
    with pytest.raises(UserError) as error:
        load_experiment(write_tuned(tmp_path, EXPERIMENT % ("25600", law), RECIPE))
    assert f"{tmp_path / 'share.yaml'}:16: laws.0" in str(error.value) and said in str(error.value)


@pytest.mark.parametrize(
    ("ratios", "said"),
    [
        ("help,made\n0.5,0.5\n", "ratios.csv:1: a column run_id and at least one of numbers are needed"),
        ("run_id,help,made\nr1,0.5,half\n", "ratios.csv:2: made: found 'half'; a number is needed"),
        ("run_id,help,made\nr1,0.5,0.5\nr1,0.4,0.6\n", "ratios.csv:3: run_id r1 is there twice; first on line 2"),
    ],
)
def test_a_table_of_another_form_is_refused_with_its_line(tmp_path, ratios, said):
    (tmp_path / "ratios.csv").write_text(ratios)
    (tmp_path / "metrics.csv").write_text("run_id,loss\nr1,2.5\n")
    with pytest.raises(UserError, match=said):
        read_swarm(tmp_path)


def test_rows_of_one_table_alone_are_counted_and_sums_are_made_whole(tmp_path):
    (tmp_path / "ratios.csv").write_text("run_id,name,help,made\nr1,one,0.5,0.505\nr2,two,0.4,0.6\n")
    (tmp_path / "metrics.csv").write_text("run_id,loss\nr1,2.5\nr3,2\n")
    swarm = read_swarm(tmp_path)
    assert swarm.alone == 2 and [run.name for run in swarm.runs] == ["one"]
    assert sum(swarm.runs[0].mixture.values()) == pytest.approx(1, abs=1e-12)
