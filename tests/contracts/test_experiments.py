"""What every design, factor, metric and law of an experiment must hold. A new one adds one sample here."""

import json
import math
import re

import pytest
import yaml
from pydantic import TypeAdapter
from tuned_world import EXPERIMENT, write_tuned

from pipeline.cli import main
from pipeline.tune.designs import AnyDesign, Dirichlet, Grid, LatinHypercube, OneAtATime
from pipeline.tune.evidence import Evidence
from pipeline.tune.experiment import Experiment, load_experiment
from pipeline.tune.factors import AnyFactor, Label, Levels, Range, Shares, Values
from pipeline.tune.findings import findings
from pipeline.tune.inquiries import AnyInquiry
from pipeline.tune.inquiries.critical_mixture_ratio import CriticalMixtureRatio
from pipeline.tune.inquiries.d_cpt import DCPT
from pipeline.tune.inquiries.learning_dynamics import LearningDynamics
from pipeline.tune.inquiries.mixing import Mixing
from pipeline.tune.inquiries.model_ladder import ModelLadder
from pipeline.tune.inquiries.regmix import RegMix
from pipeline.tune.metric import Outcome
from pipeline.tune.metrics import AnyMetric, Loss, Rise
from pipeline.tune.probes.answers import Answers
from pipeline.tune.probes.harness import Harness
from pipeline.tune.probes.induction import Induction
from pipeline.tune.probes.probe import Probe
from pipeline.tune.target import large_run

PEAK = "runs.cpt.learning_rate.peak"
SHARES = "runs.cpt.phases.0.mixture.shares"

FACTORS = {
    "levels": Levels(levels={"0.1": {SHARES: {"help": 0.9, "made": 0.1}}, "0.5": {SHARES: {"help": 0.5, "made": 0.5}}}),
    "values": Values(field=PEAK, values=(0.001, 0.003)),
    "range": Range(field=PEAK, low=0.0001, high=0.01, scale="logarithmic"),
    "shares": Shares(field=SHARES, of=("help", "made"), prior=(0.7, 0.3)),
}
DESIGNS = {
    "grid": (Grid(), ("levels", "values")),
    "one_at_a_time": (OneAtATime(), ("levels", "values")),
    "dirichlet": (Dirichlet(points=3), ("shares",)),
    "latin_hypercube": (LatinHypercube(points=3), ("levels", "values", "range")),
}
"""Each with the factors that it can vary."""
METRICS = {
    "loss": Loss(sources={"made": 1.0}),
    "rise": Rise(sources={"help": 2.0, "made": 1.0}),
    "answers": Answers(sources=("made",)),
    "induction": Induction(length=8, rows=4),
    "lm_eval": Harness(task="arc_easy", limit=10),
}
LAWS = {
    "critical_mixture_ratio": CriticalMixtureRatio(factor="levels", general="rise", new="loss"),
    "d_cpt": DCPT(factor="levels", new="loss", general="rise", at_most=0.1),
    "learning_dynamics": LearningDynamics(new=("loss",), general=("rise",), weights={"loss": 1.0}, factor="levels"),
    "mixing": Mixing(factor="shares", weights={"loss": 1.0, "answers": 0.5}, pull=0.05),
    "model_ladder": ModelLadder(factors=("levels", "values"), loss="answers", wrong="lm_eval"),
    "regmix": RegMix(factor="shares", weights={"loss": 1.0}, leaf=4),
}
FAMILIES = {
    AnyFactor: list(FACTORS.values()),
    AnyDesign: [design for design, _ in DESIGNS.values()],
    AnyMetric: list(METRICS.values()),
    AnyInquiry: list(LAWS.values()),
}
each_factor = pytest.mark.parametrize("factor", FACTORS.values(), ids=FACTORS)
each_design = pytest.mark.parametrize(("design", "varied"), DESIGNS.values(), ids=DESIGNS)
each_metric = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
each_law = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
every_sample = pytest.mark.parametrize(
    ("family", "sample"),
    [(family, sample) for family, samples in FAMILIES.items() for sample in samples],
    ids=lambda value: getattr(value, "kind", ""),
)


def experiment(**more):
    """Return an experiment with a sample of every metric, and factors that a Dirichlet design need not vary."""
    written = {**yaml.safe_load(EXPERIMENT), "metrics": METRICS, "decide": {"lowest": "loss"}, **more}
    return Experiment.model_validate(written)


@pytest.mark.parametrize("family", FAMILIES, ids=["factors", "designs", "metrics", "laws"])
def test_every_member_has_a_sample(family, members_of):
    assert {type(sample) for sample in FAMILIES[family]} == members_of(family)


@every_sample
def test_settings_survive_yaml_and_the_union_finds_them_again(family, sample):
    written = yaml.safe_dump(sample.model_dump(mode="json"))
    assert TypeAdapter(family).validate_python(yaml.safe_load(written)) == sample


@every_sample
def test_the_schema_of_experiments_knows_it_and_all_its_keys_with_a_text(family, sample):
    schema = Experiment.model_json_schema()["$defs"][type(sample).__name__]
    assert schema["properties"]["kind"]["const"] == sample.kind and schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(type(sample).model_fields)
    assert all("description" in told for key, told in schema["properties"].items() if key != "kind")


@each_factor
def test_labels_of_a_factor_can_be_folders_and_its_changes_stay_the_same(factor):
    levels = [factor.level((0.25, 0.75))] if isinstance(factor, Shares) else [factor.at(q) for q in (0.0, 0.5, 0.999)]
    for label, changes in (*levels, *factor.listed.items()):
        assert TypeAdapter(Label).validate_python(label) == label
        assert changes and all(re.fullmatch(r"[a-z_0-9.]+", field) for field in changes)
    again = [factor.level((0.25, 0.75))] if isinstance(factor, Shares) else [factor.at(q) for q in (0.0, 0.5, 0.999)]
    assert again == levels


@each_design
def test_a_design_yields_the_same_points_for_the_same_seed_whatever_stands_beside_a_factor(design, varied):
    factors = {name: FACTORS[name] for name in varied}
    found = list(design.combinations(factors, 7))
    assert found == list(design.combinations(factors, 7)) and found
    assert all(list(combination) == list(factors) for combination in found)
    for name in factors:
        alone = [combination[name] for combination in design.combinations({name: factors[name]}, 7)]
        assert set(map(repr, alone)) == {repr(combination[name]) for combination in found}


@each_design
def test_a_design_says_why_it_refuses_a_factor(design, varied):
    for name, factor in FACTORS.items():
        reason = design.refuses(factor)
        assert (reason is None) == (name in varied) and (reason is None or len(reason.split()) > 3)


@each_metric
def test_a_metric_is_one_finite_number_read_from_what_a_point_left(metric):
    losses = [{"tokens": t, "loss": {"made": 3.0 - t, "help/en": 2.0, "help/zh": 2.5}} for t in (0, 1)]
    measures = {metric.identity: 1.25} if isinstance(metric, Probe) else {}
    outcome = Outcome(losses, [{"tokens": 1, "loss": 3.0, "learning_rate": 0.1}], measures)
    assert math.isfinite(metric.measure(outcome)) and metric.measure(outcome) == metric.measure(outcome)
    assert set(metric.asked) <= {"help", "made"}


@each_law
def test_a_law_finds_nothing_wrong_with_its_sample_and_tells_wrong_names_by_their_place(law, tmp_path):
    assert list(law.problems(experiment(factors=FACTORS), tmp_path)) == []
    other = experiment(
        factors={"other": FACTORS["values"]}, metrics={"other": METRICS["induction"]}, decide={"lowest": "other"}
    )
    problems = list(law.problems(other, tmp_path))
    assert problems
    for where, what in problems:
        assert where[0] in type(law).model_fields and ("no such" in what or "is no factor" in what)


@each_law
def test_a_law_without_a_finished_point_says_so_and_nothing_else(law, tmp_path):
    path = write_tuned(tmp_path)
    target = large_run(load_experiment(path), path)
    asked = experiment(factors=FACTORS, laws=[law])
    (found,) = findings(Evidence(asked, (), target, None, tmp_path))
    (sentence,) = found.statements
    assert sentence.startswith("Cannot be said yet: ") and found.kind == law.kind and found.title
    assert not found.fits and not found.forecasts and not found.plots


def test_the_schema_of_experiments_is_printed_for_editors(capsys):
    assert main(["schema", "experiment"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(json.dumps(Experiment.model_json_schema())) and "laws" in printed["properties"]
