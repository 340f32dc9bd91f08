"""Designs and factors: which combinations are tried, named by their levels, and the same whatever else is asked."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tune.designs import Dirichlet, Grid, LatinHypercube, OneAtATime
from pipeline.tune.factors import Levels, Range, Shares, Values

RATIO = Values(field="a.b", values=(0.1, 0.2, 0.4))
ORDER = Levels(levels={"random": {}, "easy-first": {"runs.cpt.orders.qa": {"kind": "ascending"}}})
RATE = Range(field="runs.cpt.learning_rate.peak", low=1e-5, high=1e-3, scale="logarithmic")
MIX = Shares(field="shares", of=("en", "zh", "code"), prior=(0.6, 0.3, 0.1))


def labels(design, factors, seed=0):
    return [{name: label for name, (label, _) in c.items()} for c in design.combinations(factors, seed)]


def test_a_grid_has_every_level_with_every_other():
    found = labels(Grid(), {"ratio": RATIO, "order": ORDER})
    assert len(found) == 6 and {"ratio": "0.4", "order": "easy-first"} in found


def test_one_at_a_time_changes_one_level_of_the_reference():
    assert labels(OneAtATime(), {"ratio": RATIO, "order": ORDER}) == [
        {"ratio": "0.1", "order": "random"},
        {"ratio": "0.2", "order": "random"},
        {"ratio": "0.4", "order": "random"},
        {"ratio": "0.1", "order": "easy-first"},
    ]


def test_a_swarm_draws_shares_around_its_prior_and_grows_without_changing():
    few, many = (list(Dirichlet(points=n).combinations({"mix": MIX}, 1)) for n in (5, 400))
    assert many[:5] == few
    shares = np.array([list(c["mix"][1]["shares"].values()) for c in many])
    assert np.allclose(shares.sum(axis=1), 1, atol=1e-12) and shares.min() >= 0
    assert np.abs(shares.mean(axis=0) - [0.6, 0.3, 0.1]).max() < 0.05


def test_a_latin_hypercube_uses_every_part_of_every_range_once():
    found = list(LatinHypercube(points=8).combinations({"rate": RATE, "ratio": RATIO}, 3))
    rates = np.array([c["rate"][1]["runs.cpt.learning_rate.peak"] for c in found])
    parts = np.floor(np.log(rates / 1e-5) / np.log(100) * 8 + 1e-3).astype(int)
    assert sorted(np.clip(parts, 0, 7)) == list(range(8))
    assert sorted(label for c in found for label in [c["ratio"][0]])[:2] == ["0.1", "0.1"]


def test_a_range_of_whole_numbers_draws_multiples_between_its_bounds():
    steps = Range(field="runs.cpt.phases.0.tokens", low=100_000, high=10_000_000, scale="logarithmic", multiple_of=2048)
    found = [c["n"] for c in LatinHypercube(points=9).combinations({"n": steps}, 5)]
    tokens = [changes["runs.cpt.phases.0.tokens"] for _, changes in found]
    assert all(type(n) is int and n % 2048 == 0 and 100_000 <= n <= 10_000_000 for n in tokens)
    assert [label for label, _ in found] == [str(n) for n in tokens] and len(set(tokens)) == 9
    assert steps.at(0.0)[0] == "100352" and steps.at(1 - 1e-12)[0] == str(4882 * 2048)
    with pytest.raises(ValueError, match="no multiple of 2048 lies between 2100 and 4000"):
        Range(field="a.b", low=2100, high=4000, multiple_of=2048)


@pytest.mark.parametrize(
    ("design", "factor"),
    [(Grid(), RATE), (OneAtATime(), MIX), (Dirichlet(points=2), RATIO), (LatinHypercube(points=2), MIX)],
)
def test_a_design_says_why_it_cannot_vary_a_factor(design, factor):
    assert design.refuses(factor)


@given(st.lists(st.floats(1e-6, 1), min_size=3, max_size=3))
def test_rounded_shares_sum_to_one_and_stay_within_a_thousandth(weights):
    shares = np.array(weights) / sum(weights)
    label, changes = MIX.level(list(shares))
    written = np.array(list(changes["shares"].values()))
    assert round(written.sum() * 1000) == 1000 and np.abs(written - shares).max() <= 1e-3 + 1e-9
    assert label == "-".join(f"{round(s * 1000):03d}" for s in written)
