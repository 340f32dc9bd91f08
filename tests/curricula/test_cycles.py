"""Cycles: exact values, also beyond the lengths that are listed."""

import pytest
from pydantic import ValidationError

from curricula.cycles import Cycles

SCHEDULE = Cycles(lengths=(500, 200), peak=1.0, warmup=100, shape="linear", floor=0.2)


@pytest.mark.parametrize(
    ("tokens", "value"),
    [
        (0, 0.0),
        (50, 0.5),  # the first warm-up begins at ``start``
        (300, 0.6),
        (500, 0.2),
        (550, 0.6),  # the others at the floor
        (650, 0.6),
        (700, 0.2),
        (800, 1.0),  # the last length again
        (2_300, 0.2),
        (2_350, 0.6),
    ],
)
def test_values(tokens, value):
    assert SCHEDULE.value(tokens, 9_999) == pytest.approx(value, rel=1e-14)


def test_a_run_that_ends_inside_a_cycle_is_refused():
    assert [list(SCHEDULE.problems(total)) for total in (500, 700, 900)] == [[], [], []]
    (problem,) = SCHEDULE.problems(850)
    assert problem == "the run ends 150 tokens into a cycle of 200; let the lengths sum to 850"


def test_a_warm_up_longer_than_a_cycle_is_refused():
    with pytest.raises(ValidationError, match="warms up for 200 tokens in a cycle of 200"):
        Cycles(lengths=(500, 200), peak=1.0, warmup=200)
