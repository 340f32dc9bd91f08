"""Names under ``laws``: what is not there or of the wrong kind is told with its line, all of it at once."""

import pytest
from finished_points import experiment, shares
from tuned_world import write_tuned

from pipeline.errors import UserError
from pipeline.tune.experiment import load_experiment

CRITICAL = "  - {kind: critical_mixture_ratio, factor: share, general: help, new: made}"
NAMED = """    kind: levels
    levels:
      few: {runs.cpt.phases.0.mixture.shares: {help: 0.9, made: 0.1}}
      "0.5": {runs.cpt.phases.0.mixture.shares: {help: 0.5, made: 0.5}}
"""


@pytest.mark.parametrize(
    ("law", "levels", "told"),
    [
        (
            CRITICAL.replace("factor: share", "factor: shore"),
            None,
            "factor: no such factor: shore; did you mean share?",
        ),
        (CRITICAL, NAMED, "factor: labels of share are read as shares of new text, between 0 and 1; found few"),
        (CRITICAL.replace("new: made", "new: maid"), None, "new: no such metric: maid; did you mean made?"),
        (CRITICAL.replace("general: help", "general: made"), None, "general: made is a loss metric; the law is fitted"),
        ("  - {kind: learning_dynamics, new: [mode]}", None, "new.0: no such metric: mode; did you mean made?"),
        ("  - {kind: learning_dynamics, new: [made], general: [made]}", None, "general.0: made stands under new, too"),
        (
            "  - {kind: learning_dynamics, new: [made], weights: {help: 1}}",
            None,
            "laws.0: weights are of metrics under new or general; found help",
        ),
        ("  - {kind: learning_dynamics}", None, "laws.0: new and general are both empty"),
        ("  - {kind: learning_dynamic}", None, "unknown kind 'learning_dynamic'; did you mean learning_dynamics?"),
    ],
)
def test_a_wrong_name_is_told_with_its_line(tmp_path, law, levels, told):
    path = write_tuned(tmp_path, experiment(levels or shares(0.1, 0.5), laws=law))
    line = path.read_text().splitlines().index(law) + 1
    with pytest.raises(UserError) as error:
        load_experiment(path)
    (only,) = str(error.value).splitlines()
    assert only.startswith(f"{path}:{line}: laws.0") and told in only
