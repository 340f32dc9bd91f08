"""The spike guard: its rule by hand, then a planted batch in a training that goes on as if it had never come."""

import json
import math

import pytest
import torch
from stream_world import make_run

from pipeline.errors import WorkError
from pipeline.train.architecture import Architecture
from pipeline.train.layout import Layout
from pipeline.train.learner import Learner
from pipeline.train.model import build_model, unwrap
from pipeline.train.moving_average import MovingAverage
from pipeline.train.optimizer import build_optimizer, torch_optimizers
from pipeline.train.settings import AdamW, Kernels, SpikeGuard
from pipeline.train.spike_guard import Spikes, limit_of

GUARD = SpikeGuard(sigmas=3, window=8, patience=2)
HERE = (0, 0)


def test_the_limit_by_hand():
    # median 3; absolute deviations 2 1 0 1 97, their median 1.
    assert limit_of([1.0, 2.0, 3.0, 4.0, 100.0], 6) == pytest.approx(3 + 6 * 1.4826)
    assert limit_of([2.0] * 9, 6) == pytest.approx(2 + 6 * 0.002)


def judged(spikes, values, guard=GUARD, place=HERE):
    """Judge steps whose loss and norm are the same; return which were skipped."""
    return [spikes.judge(guard, place, value, value) is not None for value in values]


STEADY = [2.0, 2.1, 1.9, 2.0]


def test_it_acts_once_half_the_window_is_filled():
    assert judged(Spikes(), [*STEADY[:3], 50.0]) == [False] * 4
    assert judged(Spikes(), [*STEADY, 50.0]) == [False] * 4 + [True]


def test_what_falls_is_no_spike():
    assert not any(judged(Spikes(), [*STEADY, 1.0, 0.1, 0.0]))


def test_a_new_level_is_taken_after_as_many_as_its_patience():
    skipped = judged(Spikes(), [*STEADY, 9.0, 9.0, 9.0, 9.0, 9.1, 9.0, 9.0, 50.0])
    assert skipped == [False] * 4 + [True, True, False, False, False, False, False, True]


def test_another_phase_is_judged_by_itself():
    spikes = Spikes()
    judged(spikes, STEADY)
    assert judged(spikes, [9.0] * 4 + [50.0], place=(0, 1)) == [False] * 4 + [True]


@pytest.mark.parametrize("pair", [(math.nan, 1.0), (2.0, math.inf)])
def test_what_is_no_number_is_skipped_from_the_first_step_and_ends_a_run_that_stays_so(pair):
    spikes = Spikes()
    assert spikes.judge(GUARD, HERE, *pair) is not None
    assert spikes.judge(GUARD, HERE, *pair) is not None
    with pytest.raises(WorkError, match="3 steps in a row"):
        spikes.judge(GUARD, HERE, *pair)


def test_either_of_loss_and_norm_is_enough_and_is_named():
    spikes = Spikes()
    judged(spikes, STEADY)
    assert spikes.judge(GUARD, HERE, 2.0, 7.0).startswith("gradient norm 7 above 2.")
    assert spikes.judge(GUARD, HERE, 7.0, 2.0).startswith("loss 7 above 2.0")


def test_resumed_anywhere_it_judges_alike():
    values = [*STEADY, 9.0, 2.0, 9.0, 9.0, 9.0, 9.2, 2.0, 1.9]
    whole = judged(Spikes(), values)
    for cut in range(len(values)):
        spikes = Spikes()
        before = judged(spikes, values[:cut])
        restored = Spikes.restored(json.loads(json.dumps(spikes.state())))
        assert before + judged(restored, values[cut:]) == whole


TINY = Architecture(
    num_layers=1,
    hidden_size=16,
    feed_forward_size=32,
    num_heads=2,
    num_key_value_heads=1,
    vocabulary_size=64,
    max_sequence_length=16,
)
RUN = make_run([(1000, {"a": 1.0})], sequence_length=16, batch=4, round_steps=5).model_copy(
    update={"spike_guard": SpikeGuard(sigmas=6, window=16), "micro_batch": 2}
)


def usual(number):
    """Tokens that repeat every four, which is learned quickly."""
    starts = torch.randint(0, 4, (4, 1), generator=torch.Generator().manual_seed(number))
    return ((starts + torch.arange(17)) % 4).numpy()


def planted():
    return torch.randint(4, 64, (4, 17), generator=torch.Generator().manual_seed(99)).numpy()


def learner(layout=None):
    model = build_model(TINY, layout=layout or Layout(), seed=1)
    return Learner(model, build_optimizer(model, AdamW()), Kernels(), MovingAverage(model))


def everything(one):
    """Return copies of weights, moments, counts and average."""
    (inner,) = torch_optimizers(one.optimizer)
    state = [value for kept in inner.state.values() for value in kept.values()]
    return [part.detach().clone() for part in (*unwrap(one.model).parameters(), *state, *one.average.weights)]


@pytest.mark.parametrize("layout", [Layout(), Layout(distributed_optimizer=False)], ids=["distributed", "plain"])
def test_a_planted_batch_changes_nothing_and_training_goes_on_to_the_bit(one_process, layout):
    run = RUN.model_copy(update={"moving_average": {"decay": 0.9}})
    run = type(RUN).model_validate(run.model_dump())
    disturbed, undisturbed = learner(layout), learner(layout)
    for number in range(30):
        seen = [one.step(run, None, usual(number), 1e-2, HERE) for one in (disturbed, undisturbed)]
        assert seen[0] == seen[1]
        assert seen[0].skipped is None
        if number == 20:
            before = everything(disturbed)
            spike = disturbed.step(run, None, planted(), 1e-2, HERE)
            assert spike.skipped is not None
            assert spike.measured["skipped"] is True
            assert all(torch.equal(a, b) for a, b in zip(before, everything(disturbed), strict=True))
    after = zip(everything(disturbed), everything(undisturbed), strict=True)
    assert all(torch.equal(a, b) for a, b in after)


def test_with_the_guard_a_step_that_is_made_is_the_same_step(one_process):
    with_guard, without = learner(), learner()
    plain = RUN.model_copy(update={"spike_guard": None})
    for number in range(12):
        assert with_guard.step(RUN, None, usual(number), 1e-2, HERE) == without.step(
            plain, None, usual(number), 1e-2, HERE
        )
    assert all(torch.equal(a, b) for a, b in zip(everything(with_guard), everything(without), strict=True))


def test_without_a_guard_a_loss_that_is_no_number_ends_the_run(one_process):
    one = learner()
    unwrap(one.model).decoder.final_layernorm.weight.data.fill_(math.nan)
    with pytest.raises(WorkError, match=r"loss nan, gradient norm .*spike_guard"):
        one.step(RUN.model_copy(update={"spike_guard": None}), None, usual(0), 1e-2, HERE)
