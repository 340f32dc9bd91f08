"""The D-CPT law and the model ladder: planted parameters foretell sizes and shares that were not fitted to."""

from itertools import product

import numpy as np
import pytest

from pipeline.tune.laws.d_cpt import D_CPT, largest_share
from pipeline.tune.laws.fitting import fit
from pipeline.tune.laws.ladder import ACCURACY, TASK_LOSS

GENERAL_LOSS = {0.90: 2.9052, 0.91: 2.9193, 0.92: 2.9376, 0.924: 2.9445, 0.93: 2.9644, 0.94: 2.9848, 1.0: 3.4667}
"""Published for chemistry, 1.8B parameters, 10B tokens (arXiv 2406.01375)."""


def test_the_largest_share_within_3_percent_of_the_general_loss_is_the_published_one():
    shares = sorted(GENERAL_LOSS)

    def general(share):
        return float(np.interp(share, shares, [GENERAL_LOSS[s] for s in shares]))

    assert largest_share(general, 1.03 * 2.8602) == pytest.approx(0.924, abs=2e-3)
    assert largest_share(general, 4.0) == 1.0
    with pytest.raises(ValueError, match=r"at a share of 1e-06 already, above 2\.5"):
        largest_share(general, 2.5)


def test_d_cpt_foretells_a_larger_model_from_smaller_ones():
    planted = np.array([0.3, 3.0, 0.3, 3.5, 0.12, 0.3, -2.0, -1.5, 0.4])
    rows = list(product((0.5e9, 1.0e9, 1.8e9), (1e9, 3e9, 1e10), (0.1, 0.33, 0.67, 0.9)))
    size, tokens, share = map(np.array, zip(*rows, strict=True))
    inputs = {"size": size / 1e9, "tokens": tokens / 1e9, "share": share}
    found = fit(D_CPT, inputs, D_CPT.formula(planted, inputs))
    asked = {"size": 4.0, "tokens": 10.0, "share": 0.5}
    wanted = D_CPT.formula(planted, {k: np.array([v]) for k, v in asked.items()})[0]
    with pytest.raises(ValueError, match=r"size is 4, the data go from 0.5 to 1.8"):
        found.predict(**asked)
    assert found.predict(**asked, extrapolate=True) == pytest.approx(wanted, rel=2e-2)


def test_a_ladder_foretells_loss_and_accuracy_of_the_next_rung():
    planted = np.array([0.5, 0.4, 0.2, 0.35, -0.7])
    rows = list(product((0.19, 0.37, 0.76, 1.3), (1.0, 2.0, 5.0, 10.0)))
    size, tokens = (np.array(column) for column in zip(*((n, 20 * n * d) for n, d in rows), strict=True))
    losses = TASK_LOSS.formula(planted, {"size": size, "tokens": tokens})
    first = fit(TASK_LOSS, {"size": size, "tokens": tokens}, losses)
    sigmoid = np.array([-0.7, 9.0, 1.1, 0.95])
    second = fit(ACCURACY, {"loss": losses}, ACCURACY.formula(sigmoid, {"loss": losses}))
    loss = first.predict(size=7.0, tokens=4000.0, extrapolate=True)
    wanted = TASK_LOSS.formula(planted, {"size": np.array([7.0]), "tokens": np.array([4000.0])})
    assert loss == pytest.approx(wanted[0], rel=1e-2)
    told = second.predict(loss=loss, extrapolate=True)
    assert told == pytest.approx(ACCURACY.formula(sigmoid, {"loss": wanted})[0], abs=0.02)
