"""The moving average of the weights: by hand, and kept exactly in checkpoints beside what is trained."""

import pytest
import torch

from pipeline.errors import UserError
from pipeline.train import checkpoint
from pipeline.train.architecture import Architecture
from pipeline.train.layout import Layout
from pipeline.train.model import build_model, unwrap
from pipeline.train.moving_average import MovingAverage
from pipeline.train.optimizer import build_optimizer
from pipeline.train.settings import AdamW

TINY = Architecture(
    num_layers=1,
    hidden_size=16,
    feed_forward_size=32,
    num_heads=2,
    num_key_value_heads=1,
    vocabulary_size=32,
    max_sequence_length=8,
)


def moved(model, amount):
    with torch.no_grad():
        for weight in unwrap(model).parameters():
            weight.add_(amount)


def test_it_follows_the_weights(one_process):
    model = build_model(TINY, layout=Layout(), seed=1)
    first = [weight.detach().clone() for weight in unwrap(model).parameters()]
    average = MovingAverage(model)
    moved(model, 1.0)
    average.update(0.75)
    moved(model, 1.0)
    average.update(0.75)
    # 0.75 (0.75 w + 0.25 (w + 1)) + 0.25 (w + 2) = w + 0.1875 + 0.5
    for weight, start in zip(average.weights, first, strict=True):
        torch.testing.assert_close(weight, start + 0.6875)
    for weight, start in zip(unwrap(model).parameters(), first, strict=True):
        torch.testing.assert_close(weight.detach(), start + 2)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_checkpoint_keeps_both_to_the_bit(tmp_path, one_process, precision):
    model = build_model(TINY, precision=precision, layout=Layout(), seed=1)
    optimizer, average = build_optimizer(model, AdamW()), MovingAverage(model)
    moved(model, 1.0)
    average.update(0.7)
    kept = [weight.clone() for weight in average.weights]
    trained = [weight.detach().clone() for weight in unwrap(model).parameters()]
    saved = checkpoint.save(tmp_path, model, optimizer, step=1, extra={}, keep=1, average=average)
    assert all(torch.equal(a, b) for a, b in zip(unwrap(model).parameters(), trained, strict=True))
    other = build_model(TINY, precision=precision, layout=Layout(), seed=2)
    beside, fresh = MovingAverage(other), build_optimizer(other, AdamW())
    checkpoint.load(saved, other, fresh)
    checkpoint.load_average(saved, other, beside)
    assert all(torch.equal(a, b) for a, b in zip(beside.weights, kept, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(unwrap(other).parameters(), trained, strict=True))


def test_a_checkpoint_without_one_is_refused(tmp_path, one_process):
    model = build_model(TINY, layout=Layout(), seed=1)
    saved = checkpoint.save(tmp_path, model, build_optimizer(model, AdamW()), step=1, extra={}, keep=1)
    with pytest.raises(UserError, match="holds no moving average"):
        checkpoint.load_average(saved, model, MovingAverage(model))
