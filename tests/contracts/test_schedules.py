"""What every schedule must hold. A new schedule adds one sample here, with its exact values at its boundaries."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from curricula.cosine import Cosine
from curricula.cycles import Cycles
from curricula.decay_now import DecayNow
from curricula.infinite import Infinite
from curricula.schedule import Before
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
    (WarmupStableDecay(peak=1.0, decay_share=0.5, shape="linear"), {500_000: 1.0, 750_000: 0.5, TOTAL: 0.0}),
    (Cosine(peak=3e-4, start=1e-6, warmup=20_000, floor=3e-5), {0: 1e-6, 20_000: 3e-4, TOTAL: 3e-5, TOTAL + 9: 3e-5}),
    (
        Infinite(peak=2.0, constant=0.5, warmup=100_000, cooldown=300_000, anneal_share=0.2, floor=0.125),
        {0: 0.0, 100_000: 2.0, 400_000: 0.5, 800_000: 0.5, 900_000: 0.25, TOTAL: 0.125},
    ),
    (Infinite(peak=2.0, constant=0.5, cooldown=300_000), {0: 2.0, 300_000: 0.5, TOTAL: 0.5}),
    (
        Cycles(lengths=(400_000, 300_000), peak=1.0, start=0.5, warmup=100_000, floor=0.1),
        {0: 0.5, 100_000: 1.0, 400_000: 0.1, 500_000: 1.0, 700_000: 0.1, 800_000: 1.0, TOTAL: 0.1},
    ),
    (DecayNow(start=1.0, tokens=400_000, floor=0.25), {0: 1.0, 100_000: 0.625, 400_000: 0.25, TOTAL: 0.25}),
    (DecayNow(start=1.0), {0: 1.0, 250_000: 0.5, TOTAL: 0.0}),
)
SCHEDULES = tuple(schedule for schedule, _ in SAMPLES)
each_schedule = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: s.kind)


def highest(schedule):
    return getattr(schedule, "peak", None) or schedule.start


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
    assert 0 <= value <= highest(schedule)


@each_schedule
def test_a_value_depends_on_its_arguments_alone(schedule):
    forward = [schedule.value(tokens, TOTAL) for tokens in range(0, TOTAL, 9_973)]
    backward = [schedule.value(tokens, TOTAL) for tokens in reversed(range(0, TOTAL, 9_973))]
    assert forward == backward[::-1]


@each_schedule
def test_between_two_corners_it_only_rises_or_only_falls_and_never_jumps(schedule):
    assert list(schedule.problems(TOTAL)) == []
    corners = schedule.between(TOTAL)
    assert corners[0] == 0
    assert corners[-1] == TOTAL
    assert list(corners) == sorted(set(corners))
    for begin, end in pairwise(corners):
        values = [schedule.value(begin + (end - begin) * i // 100, TOTAL) for i in range(101)]
        assert values == sorted(values) or values == sorted(values, reverse=True)
    edges = [schedule.value(corner + 1, TOTAL) - schedule.value(corner, TOTAL) for corner in corners]
    assert max(map(abs, edges)) < highest(schedule) / 100


@each_schedule
def test_only_what_says_so_begins_anew_at_an_amendment(schedule):
    before = Before(300_000, 0.4)
    amended, plain = schedule.value(500_000, TOTAL, before), schedule.value(500_000, TOTAL)
    assert (amended == plain) == (schedule.kind != "decay_now")


@each_schedule
def test_settings_survive_json_and_the_union_finds_them_again(schedule):
    assert TypeAdapter(AnySchedule).validate_json(schedule.model_dump_json()) == schedule
