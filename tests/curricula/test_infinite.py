"""Infinite: exact values in each of the four stretches, and what does not depend on the run's length."""

import math

import pytest
from pydantic import ValidationError

from curricula.infinite import Infinite

SCHEDULE = Infinite(peak=1.0, constant=0.4, warmup=100, cooldown=300, anneal_share=0.2, floor=0.004)


@pytest.mark.parametrize(
    ("tokens", "value"),
    [
        (25, 0.25),
        (200, 0.4 + 0.6 * 0.75),  # a third of the cool-down: (1 + cos 60 degrees) / 2
        (250, 0.7),
        (500, 0.4),
        (900, 0.4 * math.sqrt(0.01)),  # half of the anneal: the geometric mean of both ends
        (950, 0.4 * 0.01**0.75),
    ],
)
def test_values(tokens, value):
    assert SCHEDULE.value(tokens, 1_000) == pytest.approx(value, rel=1e-14)


def test_a_longer_run_changes_nothing_before_the_anneal():
    assert [SCHEDULE.value(t, 1_000) for t in range(801)] == [SCHEDULE.value(t, 10**9) for t in range(801)]


def test_stretches_that_overlap_are_refused():
    assert list(SCHEDULE.problems(500)) == []
    (problem,) = SCHEDULE.problems(499)
    assert problem == "warms up and cools down for 400 tokens, and the constant stretch ends after 399 of 499"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"constant": 2.0}, "constant 2 is above peak 1"),
        ({"anneal_share": 0.1, "floor": 0.0}, "never reaches 0"),
        ({"anneal_share": 0.1, "floor": 0.5, "anneal_shape": "linear"}, "floor 0.5 is above constant 0.4"),
    ],
)
def test_impossible_values_are_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        Infinite(**{"peak": 1.0, "constant": 0.4, "cooldown": 10, **change})
