"""Learning dynamics: the areas as the paper sums them, and planted curves found again on a schedule not fitted to."""

import numpy as np
import pytest

from pipeline.tune.laws.learning_dynamics import (
    MEMORY,
    NEW_TEXT,
    NEW_TEXT_OF_SHARE,
    OLD_TEXT,
    OLD_TEXT_OF_SHARE,
    Dynamics,
    areas,
    fit_dynamics,
)


def test_areas_are_the_papers_sums():
    rates = [1.0, 1.0, 0.8, 0.3, 0.3]
    forward, annealing = areas(rates, before=0.5)
    eta = [0.5, *rates]
    for i in range(5):
        double = sum((eta[k] - eta[k + 1]) * MEMORY ** (j - k) for j in range(i + 1) for k in range(j + 1))
        assert annealing[i] == pytest.approx(double)
    assert forward.tolist() == pytest.approx([1.0, 2.0, 2.8, 3.1, 3.4])


def schedules(steps=400, peak=1e-3):
    t = np.arange(1, steps + 1) / steps
    return {
        "constant": np.full(steps, peak),
        "linear": peak * (1 - 0.9 * t),
        "cosine": peak * (0.1 + 0.45 * (1 + np.cos(np.pi * t))),
        "wsd": peak * np.where(t < 0.8, 1.0, 1 - 0.9 * (t - 0.8) / 0.2),
    }


@pytest.mark.parametrize(
    ("law", "planted"),
    [
        (OLD_TEXT, (2.6, -0.9, 0.5, 0.2, 0.15, 0.35, 3.0, 0.2)),
        (NEW_TEXT, (2.4, -0.7, 0.6, 0.1, 0.2, -0.6, 4.0, 0.15)),
    ],
    ids=["old", "new"],
)
def test_a_schedule_that_was_not_fitted_to_is_foretold_within_a_thousandth(law, planted):
    runs = schedules()
    truth = Dynamics(type("Planted", (), {"law": law, "values": np.array(planted)})(), 400 * 1e-3)
    noise = np.random.default_rng(1)

    def seen(rates):
        losses = truth.losses(rates)
        return {i: float(losses[i - 1] * (1 + noise.normal(scale=2e-4))) for i in range(20, 401, 20)}

    fitted = fit_dynamics(law, [(runs[name], seen(runs[name])) for name in ("constant", "linear", "wsd")])
    told, wanted = fitted.losses(runs["cosine"])[19::20], truth.losses(runs["cosine"])[19::20]
    assert np.abs(told / wanted - 1).max() < 1e-3
    assert fitted.outside(runs["wsd"]) == []
    assert fitted.outside(np.full(4000, 1e-3))[0].startswith("forward is 10")


@pytest.mark.parametrize(
    ("law", "planted"),
    [
        (OLD_TEXT_OF_SHARE, (2.6, -0.9, 0.5, 0.2, 0.15, 0.5, 3.0, 0.2, 0.4, 0.6)),
        (NEW_TEXT_OF_SHARE, (2.4, -0.7, 0.6, 0.1, 0.2, -0.5, 4.0, 0.15, 0.3, -0.2)),
    ],
    ids=["old", "new"],
)
def test_with_replay_a_share_and_a_schedule_that_were_not_fitted_to_are_foretold(law, planted):
    runs = schedules(steps=200)

    def truth(share):
        return Dynamics(type("Planted", (), {"law": law, "values": np.array(planted)})(), 200 * 1e-3, share)

    pairs = [(name, share) for name in ("constant", "wsd") for share in (0.1, 0.4, 0.8)]
    seen = [
        (runs[n], {i: float(truth(share).losses(runs[n])[i - 1]) for i in range(20, 201, 20)}) for n, share in pairs
    ]
    fitted = fit_dynamics(law, seen, shares=[share for _, share in pairs])
    asked = Dynamics(fitted.fitted, fitted.unit, 0.6)
    assert np.abs(asked.losses(runs["cosine"])[19:] / truth(0.6).losses(runs["cosine"])[19:] - 1).max() < 2e-3
    assert asked.outside(runs["wsd"]) == []
    assert Dynamics(fitted.fitted, fitted.unit, 0.9).outside(runs["wsd"]) == [
        "share is 0.9, the data go from 0.1 to 0.8"
    ]


def test_more_replay_shrinks_the_shift_of_the_old_text_and_none_of_it_leaves_all():
    values = np.array((2.6, -0.9, 0.5, 0.2, 0.15, 0.5, 3.0, 0.2, 0.4, 0.6))
    at = {"forward": np.full(3, 0.5), "annealing": np.zeros(3), "share": np.array([0.0, 0.5, 1.0])}
    none, half, all_new = OLD_TEXT_OF_SHARE.formula(values, at)
    plain = OLD_TEXT.formula(np.array((2.6, -0.9, 0.5, 0.2, 0.15, 0.0, 3.0, 0.2)), {k: v[:1] for k, v in at.items()})
    assert none == pytest.approx(plain[0]) and none < half < all_new
