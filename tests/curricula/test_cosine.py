"""Cosine: exact values, worked out by hand."""

import pytest
from pydantic import ValidationError

from curricula.cosine import Cosine

SCHEDULE = Cosine(peak=1.0, start=0.2, warmup=100, floor=0.1)


@pytest.mark.parametrize(
    ("tokens", "value"),
    [
        (50, 0.6),
        (400, 0.1 + 0.9 * 0.75),  # a third of the way: (1 + cos 60 degrees) / 2 = 0.75
        (550, 0.1 + 0.9 * 0.5),
        (700, 0.1 + 0.9 * 0.25),
        (1_000, 0.1),
    ],
)
def test_values(tokens, value):
    assert SCHEDULE.value(tokens, 1_000) == pytest.approx(value, rel=1e-14)


def test_a_warm_up_longer_than_the_run_is_refused():
    assert list(SCHEDULE.problems(101)) == []
    assert list(SCHEDULE.problems(100)) == ["warms up for 100 tokens, and the run has 100"]


def test_the_floor_is_not_above_the_peak():
    with pytest.raises(ValidationError, match="floor 2 is above peak 1"):
        Cosine(peak=1.0, floor=2.0)
