"""Learning rates of a run that is amended: where a fall begins, and what leaves it alone."""

import pytest
from stream_world import AmendedWorld, make_run

from curricula.schedule import START, Before
from pipeline.errors import UserError
from pipeline.train.learning_rates import LearningRates, before_of


def run_with(schedule, tokens=800):
    run = make_run([(tokens, {"a": 1.0})], sequence_length=10, batch=2, round_steps=5)
    return type(run).model_validate({**run.model_dump(), "learning_rate": schedule})


CONSTANT = {"kind": "warmup_constant", "peak": 0.8, "warmup": 400}
FALL = {"kind": "decay_now", "shape": "linear"}


@pytest.fixture
def world(tmp_path):
    world = AmendedWorld(tmp_path, {"a": [7] * 50})
    world.amend(run_with(CONSTANT), ["a"])
    world.train(3)
    return world


def rate(world, tokens):
    """Ask as training does: in the round that holds the token."""
    record = next(r for r in world.ledger if r.tokens <= tokens < r.end_tokens)
    return LearningRates(world.draft, world.ledger).value(record, tokens)


def test_a_fall_begins_at_the_round_of_the_amendment_and_from_the_value_it_finds(world):
    world.amend(run_with(FALL, tokens=700), ["a"])
    assert before_of(world.opened()) == Before(300, 0.6), "before it has made a round"
    world.train()
    assert [record.segment for record in world.ledger] == [0, 0, 0, 1, 1, 1, 1]
    assert before_of(world.opened()) == Before(300, 0.6)
    assert [rate(world, tokens) for tokens in (0, 200, 300, 400, 699)] == [
        0.0,
        0.4,
        0.6,
        pytest.approx(0.45),
        pytest.approx(0.6 / 400),
    ]


def test_later_amendments_of_other_things_leave_the_fall_as_it_is(world):
    world.amend(run_with(FALL), ["a"])
    world.train(1)
    world.amend(run_with(FALL, tokens=500), ["a"])
    world.train()
    assert before_of(world.opened()) == Before(300, 0.6)
    assert rate(world, 450) == pytest.approx(0.6 * 50 / 200)


def test_an_amendment_that_never_made_a_round_counts_for_nothing(world):
    world.amend(run_with(FALL), ["a"])
    world.amend(run_with(CONSTANT), ["a"])
    world.train(1)
    assert before_of(world.opened()) == START
    assert rate(world, 350) == pytest.approx(0.7)


def test_a_run_that_begins_with_a_fall_needs_a_start(tmp_path):
    world = AmendedWorld(tmp_path, {"a": [7] * 50})
    world.amend(run_with(FALL), ["a"])
    world.train(1)
    with pytest.raises(UserError, match=r"runs.cpt.learning_rate: .*needs start"):
        rate(world, 0)
