"""Mixing laws: planted ones are found again, and the best mixture beats every mixture that was tried."""

import numpy as np
import pytest

from pipeline.tune.laws.mixing import best_mixture, fit_mixing_law, repetition_bounds

NAMES = ("code", "en", "zh")
PLANTED = {
    "code": (1.0, -0.2, (-2.5, 0.4, 0.3)),
    "en": (1.4, 0.1, (0.2, -1.8, 0.3)),
    "zh": (1.2, 0.3, (0.5, 0.2, -2.2)),
}
PRIOR = {"code": 0.2, "en": 0.5, "zh": 0.3}


def planted(metric, shares):
    c, k, t = PLANTED[metric]
    return c + np.exp(k + np.dot(t, shares))


@pytest.fixture(scope="module")
def swarm():
    generator = np.random.default_rng(5)
    shares = generator.dirichlet(3 * np.array([0.2, 0.5, 0.3]) * 2, size=32)
    losses = {m: [planted(m, s) * (1 + generator.normal(scale=1e-3)) for s in shares] for m in PLANTED}
    return [dict(zip(NAMES, s, strict=True)) for s in shares], losses


@pytest.fixture(scope="module")
def laws(swarm):
    mixtures, losses = swarm
    return {metric: fit_mixing_law(mixtures, values) for metric, values in losses.items()}


def total(mixture):
    return sum(planted(metric, [mixture[name] for name in NAMES]) for metric in PLANTED)


def grid_optimum():
    steps = np.linspace(0, 1, 101)
    return min(total({"code": a, "en": b, "zh": 1 - a - b}) for a in steps for b in steps if a + b <= 1)


def test_the_planted_optimum_is_found_and_beats_the_best_point_that_was_tried(swarm, laws):
    found = best_mixture(laws, dict.fromkeys(PLANTED, 1.0), PRIOR)
    assert total(found) < min(map(total, swarm[0]))
    assert total(found) == pytest.approx(grid_optimum(), rel=2e-3)


def test_the_law_foretells_a_mixture_that_was_not_tried(laws):
    mixture = {"code": 0.3, "en": 0.3, "zh": 0.4}
    for metric, law in laws.items():
        assert law.loss(mixture) == pytest.approx(planted(metric, [0.3, 0.3, 0.4]), rel=5e-3)


def test_bounds_hold_a_source_back_and_a_strong_pull_gives_the_prior(laws):
    bounds = repetition_bounds({"code": 1e9, "en": 1e12, "zh": 1e12}, 1e11)
    assert bounds["code"] == pytest.approx(0.04)
    assert best_mixture(laws, dict.fromkeys(PLANTED, 1.0), PRIOR, most=bounds)["code"] <= 0.04 + 1e-9
    assert best_mixture(laws, dict.fromkeys(PLANTED, 1.0), PRIOR, pull=1e4) == pytest.approx(PRIOR, abs=1e-3)


def test_sources_that_do_not_suffice_are_said_so(laws):
    with pytest.raises(ValueError, match="do not suffice"):
        best_mixture(laws, {"en": 1.0}, PRIOR, most={"code": 0.1, "en": 0.2, "zh": 0.3})
