"""Learning dynamics from files of finished runs: a planted curve is foretold on the large run's schedule."""

import re

import numpy as np
import pytest
from finished_points import LONGER, asked, experiment, planted, shares

from pipeline.tune.inquiries.choice import HEIGHTS
from pipeline.tune.laws.learning_dynamics import NEW_TEXT, NEW_TEXT_OF_SHARE, OLD_TEXT, OLD_TEXT_OF_SHARE, Dynamics
from pipeline.tune.recommendation import write_recommendation
from pipeline.tune.results import results
from pipeline.tune.schedules import rates_of
from pipeline.tune.verdict import decide

LAW = "  - {kind: learning_dynamics, new: [made], general: [help]}"
CHOOSING = LAW.replace("general", "weights: {made: 1, help: 2}, general")
RATES = """    kind: levels
    levels:
      constant: {runs.cpt.learning_rate: {kind: warmup_constant, peak: 3.0e-3, warmup: 1K}}
      decayed: {runs.cpt.learning_rate: {kind: wsd, peak: 3.0e-3, warmup: 1K, decay_share: 0.3}}
"""
PLANTED = {
    "help": (OLD_TEXT, (2.6, -0.9, 0.5, 0.2, 0.15, 0.35, 3.0, 0.2)),
    "made": (NEW_TEXT, (2.4, -0.7, 0.6, 0.1, 0.2, -0.6, 4.0, 0.15)),
}


def truth(source, rates):
    law, values = PLANTED[source]
    return Dynamics(type("Planted", (), {"law": law, "values": np.array(values)})(), 0.3).losses(rates, before=0.0)


def loss(point, done, rates):
    """What was planted, a little higher or lower by seed."""
    law = {source: PLANTED[source][0].formula(np.array(PLANTED[source][1]), AT_ONCE) for source in PLANTED}
    told = {source: truth(source, rates)[done - 1] if done else law[source][0] for source in PLANTED}
    return {source: float(value) * (1 + 3e-4 * (point.seed - 2)) for source, value in told.items()}


AT_ONCE = {"forward": np.zeros(1), "annealing": np.zeros(1)}


def test_the_end_of_a_longer_run_on_another_schedule_is_foretold(tmp_path):
    text = experiment(RATES, laws=CHOOSING, target="target: {tokens: 38400}")
    lab = planted(tmp_path, text, LONGER, loss, 20)
    (found,) = asked(lab)
    best = next(p for p in lab.points if p.combination == "share=decayed")
    longer = best.recipe.runs["cpt"]
    longer = longer.model_copy(update={"phases": (longer.phases[0].model_copy(update={"tokens": 38400}),)})
    for forecast in found.forecasts:
        wanted = truth(forecast.metric, rates_of(longer))[-1]
        offset = PLANTED[forecast.metric][0].formula(np.array(PLANTED[forecast.metric][1]), AT_ONCE)[0]
        rise = forecast.metric == "help"
        assert forecast.of == "share=decayed"
        assert forecast.value + rise * offset == pytest.approx(wanted, rel=2e-3)
        assert forecast.low <= forecast.value <= forecast.high
        assert "tokens are 38,400, the runs had 25,600" in forecast.beyond
        assert any(phrase.startswith("the sum of learning rates is 1.2") for phrase in forecast.beyond)
    unseen = [s for s in found.statements if "that the fit has not seen" in s]
    assert [s.split()[0] for s in unseen] == ["made", "help"]
    assert all(0 < float(e) < 1 for s in unseen for e in re.findall(r"share=\w+ ([\d.]+)%", s))
    assert "by the curves of 6 runs of share=constant, share=decayed" in found.statements[0]
    assert found.statements[-3].startswith("This extrapolates: the sum of learning rates is 1.2")
    sums = {h: truth("made", rates_of(longer) * h)[-1] + 2 * truth("help", rates_of(longer) * h)[-1] for h in HEIGHTS}
    best = min(sums, key=sums.get)
    assert best != 1.0 and found.statements[-2].startswith(f"{best:g} times the learning rates of the large run give")
    told = found.statements[-2].split(" x 2: ")[1].split()
    assert [float(told[0]), float(told[2])] == pytest.approx([sums[best], sums[1.0]], rel=3e-3)
    assert found.statements[-1].startswith("By length: ") and found.would_change == found.statements[-2:]
    path = write_recommendation(lab, decide(results(lab), lab.experiment.decide), results(lab), [found])
    written = path.read_text()
    assert "# Expected of the large run, with a 95 % interval over seeds:\n#   made: " in written
    assert "#     extrapolates: tokens are 38,400, the runs had 25,600" in written
    assert "tokens: 38400" in written


@pytest.mark.parametrize(
    ("places", "law", "told"),
    [
        (2, LAW, "made: losses were measured at 3 different places of the schedules; 8 parameters need at least 9"),
        (16, LAW.replace("new: [made]", "combination: share=0.9, new: [made]"), "no run of share=0.9 is finished"),
    ],
)
def test_too_little_is_a_sentence_and_no_error(tmp_path, places, law, told):
    lab = planted(tmp_path, experiment(shares(0.1, 0.2), laws=law, seeds="[1]"), LONGER, loss, places)
    (found,) = asked(lab)
    assert found.statements[0].startswith(f"Cannot be said yet: {told}")


def test_runs_that_read_other_text_are_left_out(tmp_path):
    law = LAW.replace("new: [made]", "combination: share=0.1, new: [made]")
    (found,) = asked(planted(tmp_path, experiment(shares(0.1, 0.2), laws=law, seeds="[1]"), LONGER, loss, 16))
    assert "by the curves of 1 runs of share=0.1:" in found.statements[0] and "no interval" in found.statements[1]
    assert all(forecast.beyond == () for forecast in found.forecasts)


REPLAYED = {
    "help": (OLD_TEXT_OF_SHARE, (2.6, -0.9, 0.5, 0.2, 0.15, 1.2, 3.0, 0.2, 0.4, 0.6)),
    "made": (NEW_TEXT_OF_SHARE, (2.4, -0.7, 0.6, 0.1, 0.2, -0.35, 4.0, 0.15, 0.3, -0.2)),
}


def replayed(source, share, rates):
    law, values = REPLAYED[source]
    return Dynamics(type("Planted", (), {"law": law, "values": np.array(values)})(), 0.3, share).losses(
        rates, before=0.0
    )


def test_the_share_to_replay_is_chosen_with_the_rates(tmp_path):
    def loss(point, done, rates):
        share = float(point.levels.get("share", 0.2))
        started = {
            s: REPLAYED[s][0].formula(np.array(REPLAYED[s][1]), {**AT_ONCE, "share": np.zeros(1)}) for s in REPLAYED
        }
        return {s: float(replayed(s, share, rates)[done - 1] if done else started[s][0]) for s in REPLAYED}

    law = CHOOSING.replace("new: [made]", "factor: share, combination: share=0.4, new: [made]").replace(
        "help: 2", "help: 1"
    )
    text = experiment(shares(0.1, 0.4, 0.6, 0.9), laws=law, seeds="[1]").replace("{help: 1.0}", "{help: 0.4}")
    lab = planted(tmp_path, text, LONGER, loss, 20)
    (found,) = asked(lab)
    rates = rates_of(lab.points[0].recipe.runs["cpt"])
    ends = {s: {m: replayed(m, s, rates)[-1] for m in REPLAYED} for s in np.linspace(0.1, 0.9, 81)}
    sums = {share: end["made"] + end["help"] for share, end in ends.items()}
    best = min(sums, key=sums.get)
    (said,) = (s for s in found.statements if s.startswith("Of shares of new text from 0.1 to 0.9"))
    assert float(said.split("replayed, ")[1].split()[0]) == pytest.approx(best, abs=0.03)
    assert float(said.split("sum: ")[1].split()[0]) == pytest.approx(sums[best], rel=2e-3)
    assert found.statements[-2].startswith("Chosen together: a share of ") and len(found.would_change) == 5
    start = REPLAYED["help"][0].formula(np.array(REPLAYED["help"][1]), {**AT_ONCE, "share": np.zeros(1)})[0]
    kept = max(share for share, end in ends.items() if end["help"] - start <= 0.4)
    assert 0.2 < kept < 0.8
    bound = "Share of new text with which help is at most 0.4 at the end: up to "
    assert found.statements[-1].startswith(bound)
    assert float(found.statements[-1].removeprefix(bound).split(";")[0]) == pytest.approx(kept, abs=0.03)
    assert "by the curves of 4 runs of share=0.1, share=0.4, share=0.6, share=0.9" in found.statements[0]
