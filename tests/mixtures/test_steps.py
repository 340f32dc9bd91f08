"""Steps hold until the next, and a round across a step gets the mean."""

import pytest
from pydantic import ValidationError

from mixtures.steps import Step, Steps

STEPS = Steps(
    steps=(
        Step(at=0.0, shares={"books": 1.0}),
        Step(at=0.5, shares={"books": 0.5, "zh": 0.5}),
        Step(at=0.75, shares={"zh": 1.0}),
    )
)


@pytest.mark.parametrize(
    ("progress", "length", "zh"),
    [
        (0.0, 0.0, 0.0),
        (0.49999, 0.0, 0.0),
        (0.5, 0.0, 0.5),
        (0.74999, 0.0, 0.5),
        (0.75, 0.0, 1.0),
        (1.0, 0.0, 1.0),
        (0.25, 0.25, 0.0),
        (0.5, 0.25, 0.5),
        (0.25, 0.5, 0.25),
        (0.0, 1.0, 0.375),
        (0.75, 0.5, 1.0),
    ],
)
def test_shares(situation, progress, length, zh):
    shares = STEPS.choose(situation(progress=progress, round_progress=length))
    assert (shares["books"], shares["zh"]) == (1 - zh, zh)


@pytest.mark.parametrize("points", [[0.1], [0.0, 0.0], [0.0, 0.6, 0.4], [0.0, 1.0], [-0.1], []])
def test_steps_start_at_zero_and_ascend(points):
    with pytest.raises(ValidationError):
        Steps(steps=[{"at": at, "shares": {"zh": 1.0}} for at in points])
