"""The D-CPT law from files of finished runs: planted losses give back the share that a bound allows."""

import numpy as np
import pytest
from finished_points import LONGER, asked, experiment, planted, shares

from pipeline.tune.laws.d_cpt import AT_ONE_SIZE

LAW = "  - {kind: d_cpt, factor: share, new: made, general: help, at_most: %g}"
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
PLANTED = {"made": (0.6, -1.5, 0.2, 0.3, -2.0, -2.0, 0.4), "help": (0.9, -2.0, 0.2, 0.2, -2.0, -2.0, 0.5)}
BEGAN = 2.7


def truth(source, share, tokens):
    part = share if source == "made" else 1 - share
    inputs = {"share": np.array([part]), "tokens": np.array([tokens / 25600])}
    return float(AT_ONE_SIZE.formula(np.array(PLANTED[source]), inputs)[0])


def loss(point, done, rates):
    """What was planted for the share in the label, and one number before any training."""
    share, noise = float(point.levels.get("share", 0.2)), 1 + 1e-4 * (point.seed - 2)
    return {source: truth(source, share, 256 * done) * noise if done else BEGAN for source in PLANTED}


def test_the_share_that_a_bound_allows_is_found_again_with_what_is_learned_at_it(tmp_path):
    at_most = truth("help", 0.62, 25600) - BEGAN
    (found,) = asked(planted(tmp_path, experiment(shares(*SHARES), laws=LAW % at_most), LONGER, loss, 6))
    said = found.statements[0].split(" tokens: ")[1]
    assert float(said.split()[0]) == pytest.approx(0.62, abs=0.01) and "95 % interval" in said
    assert float(found.statements[1].split("loss of ")[1][:6]) == pytest.approx(truth("made", 0.62, 25600), rel=2e-3)
    assert [fit.rows for fit in found.fits] == [90, 90] and all(fit.relative_error < 1e-3 for fit in found.fits)
    by_metric = {forecast.metric: forecast for forecast in found.forecasts}
    assert by_metric["help"].value == pytest.approx(truth("help", 0.9, 25600) - BEGAN, abs=3e-3)
    assert by_metric["made"].of == "share=0.9" and by_metric["made"].beyond == ()
    assert len(found.statements) == 2


def test_a_longer_target_is_said_to_be_extrapolated_to(tmp_path):
    law = LAW % (truth("help", 0.5, 51200) - BEGAN)
    text = experiment(shares(*SHARES), laws=law, target="target: {tokens: 51200}", seeds="[2]")
    (found,) = asked(planted(tmp_path, text, LONGER, loss, 6))
    said = found.statements[0].split(" tokens: ")[1]
    assert float(said.split()[0]) == pytest.approx(0.5, abs=0.05) and "(no interval: one seed)" in said
    assert found.statements[-1] == "This extrapolates: the large run has 2 times the tokens of the longest run."
    assert found.forecasts[0].beyond == ("tokens are 51,200, the runs had 25,600",)


@pytest.mark.parametrize(
    ("tried", "places", "said"),
    [
        ((0.1, 0.5, 0.9), 6, "3 shares between 0 and 1 were tried; the law needs at least 4."),
        (SHARES, 2, "the runs were validated after 2 numbers of tokens; 3 are needed."),
    ],
)
def test_too_little_is_a_sentence_and_no_error(tmp_path, tried, places, said):
    (found,) = asked(planted(tmp_path, experiment(shares(*tried), laws=LAW % 0.05, seeds="[1]"), LONGER, loss, places))
    assert found.statements == (f"Cannot be said yet: {said}",)
