"""A model ladder from files of finished runs: planted losses of small models foretell the large one."""

import numpy as np
import pytest
from finished_points import LONGER, asked, planted

from pipeline.tune.laws.ladder import TASK_LOSS
from pipeline.tune.recommendation import write_recommendation
from pipeline.tune.results import results
from pipeline.tune.verdict import decide

EXPERIMENT = """
name: ladder
recipe: tiny.yaml
run: cpt
factors:
  size:
    kind: levels
    levels:
      small: {runs.cpt.start.architecture.hidden_size: 16}
      middle: {runs.cpt.start.architecture.hidden_size: 32}
      large: {runs.cpt.start.architecture.hidden_size: 64}
  length: {kind: values, field: runs.cpt.phases.0.tokens, values: %s}
seeds: [1, 2]
metrics:
  made: {kind: loss, sources: [made]}
  help: {kind: loss, sources: [help]}
decide: {lowest: made}
match_repetition: false
target: {recipe: large.yaml}
laws:
  - {kind: model_ladder, factors: [size, length], loss: made}
"""
LARGE = LONGER.replace("hidden_size: 16", "hidden_size: 128").replace("tokens: 25600", "tokens: 100K")
PLANTED = np.array([-1.0, 0.3, -1.5, 0.4, 0.2])
"""Of sizes and lengths in those of the largest rung."""


def parameters(hidden):
    """Embeddings (tied), two norms and a last one, one block of two heads."""
    return 320 * hidden + 3 * hidden + 4 * hidden * hidden + 3 * hidden * 32


def truth(size, tokens):
    inputs = {"size": np.array([size / parameters(64)]), "tokens": np.array([tokens / 25600])}
    return float(TASK_LOSS.formula(PLANTED, inputs)[0])


def loss(point, done, rates):
    """What was planted for the rung, a little higher or lower by seed."""
    hidden = point.recipe.runs["cpt"].start.architecture.hidden_size
    value = truth(parameters(hidden), 256 * max(done, 1)) * (1 + 5e-4 * (point.seed - 1.5))
    return {"made": value, "help": 3.0}


def ladder(folder, lengths="[2560, 5120, 12800, 25600]"):
    (folder / "large.yaml").write_text(LARGE)
    return planted(folder, EXPERIMENT % lengths, LONGER, loss, 2)


def test_the_loss_of_a_larger_and_longer_run_is_foretold_and_said_to_be_extrapolated(tmp_path):
    lab = ladder(tmp_path)
    (found,) = asked(lab)
    (forecast,) = found.forecasts
    assert forecast.value == pytest.approx(truth(parameters(128), 100_000), rel=1e-2)
    assert forecast.low <= forecast.value <= forecast.high and forecast.of == "size=large,length=25600"
    assert found.statements[0].startswith(f"A model of {parameters(128):,} parameters after 100,000 tokens, by 24 runs")
    assert "; the largest size, foretold by the smaller ones, by 0." in found.statements[1]
    assert found.statements[2].startswith("This extrapolates: size is ") and "tokens is 3.906" in found.statements[2]
    (fit,) = found.fits
    assert fit.rows == 24 and fit.relative_error < 2e-3 and fit.held_out_error < 4e-3
    verdict = decide(results(lab), lab.experiment.decide)
    written = write_recommendation(lab, verdict, results(lab), [found]).read_text()
    assert "hidden_size: 128" in written and "tokens: 100" in written and "#   made: " in written


def test_too_few_rungs_are_a_sentence_and_no_error(tmp_path):
    fewer = EXPERIMENT.replace("      middle: {runs.cpt.start.architecture.hidden_size: 32}\n", "")
    (tmp_path / "large.yaml").write_text(LARGE)
    (found,) = asked(planted(tmp_path, fewer % "[12800, 25600]", LONGER, loss, 2))
    assert found.statements == (
        "Cannot be said yet: 4 rungs of 2 sizes and 2 lengths are finished; a ladder needs 6 of at least 2 sizes and 2 "
        "lengths.",
    )
