"""Phases: how many steps each has does not depend on where one asks from."""

from hypothesis import given
from hypothesis import strategies as st
from stream_world import make_run

from pipeline.stream.director import phase_at, total_steps


@given(st.lists(st.integers(1, 30), min_size=1, max_size=4), st.integers(1, 4), st.integers(1, 3))
def test_steps_of_a_phase_do_not_depend_on_rounds(phases, batch, length):
    run = make_run([(size, {"a": 1.0}) for size in phases], sequence_length=length, batch=batch, round_steps=1)
    steps = 0
    while phase_at(run, steps * batch * length) is not None:
        steps += 1
    assert steps == total_steps(run)


def test_half_a_step_is_made():
    run = make_run([(3, {"a": 1.0})], sequence_length=2, batch=1, round_steps=1)
    assert total_steps(run) == 2
