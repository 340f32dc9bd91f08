"""What every schedule must hold. A new schedule adds one sample here, with its exact values at its boundaries."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from curricula.schedules import AnySchedule
from curricula.warmup_constant import WarmupConstant
from curricula.warmup_stable_decay import WarmupStableDecay

TOTAL = 1_000_000
SAMPLES = (
    (WarmupConstant(peak=1e-5, start=1e-7, warmup=100_000), {0: 1e-7, 100_000: 1e-5, TOTAL: 1e-5}),
    (WarmupConstant(peak=3.0), {0: 3.0, TOTAL: 3.0}),
    (
        WarmupStableDecay(peak=2e-4, warmup=10_000, decay_share=0.1, floor=1e-6),
        {0: 0.0, 10_000: 2e-4, 900_000: 2e-4, TOTAL: 1e-6},
    ),
    (WarmupStableDecay(peak=1.0, decay_share=0.0), {0: 1.0, TOTAL: 1.0}),
    (WarmupStableDecay(peak=1.0, decay_share=1.0), {0: 1.0, TOTAL: 0.0}),
)
SCHEDULES = tuple(schedule for schedule, _ in SAMPLES)
each_schedule = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: s.kind)


def test_every_schedule_has_a_sample(members_of):
    assert {type(schedule) for schedule in SCHEDULES} == members_of(AnySchedule)


@pytest.mark.parametrize(("schedule", "exact"), SAMPLES, ids=lambda x: getattr(x, "kind", ""))
def test_values_at_the_boundaries_are_exact(schedule, exact):
    assert {tokens: schedule.value(tokens, TOTAL) for tokens in exact} == exact


@each_schedule
@given(st.integers(1, 10**13), st.floats(0, 1))
def test_values_are_finite_and_never_negative(schedule, total, progress):
    value = schedule.value(int(total * progress), total)
    assert math.isfinite(value)
    assert 0 <= value <= schedule.peak


@each_schedule
def test_a_value_depends_on_its_arguments_alone(schedule):
    forward = [schedule.value(tokens, TOTAL) for tokens in range(0, TOTAL, 9_973)]
    backward = [schedule.value(tokens, TOTAL) for tokens in reversed(range(0, TOTAL, 9_973))]
    assert forward == backward[::-1]


@each_schedule
def test_settings_survive_json_and_the_union_finds_them_again(schedule):
    assert TypeAdapter(AnySchedule).validate_json(schedule.model_dump_json()) == schedule
