"""Exports of means: the mean of checkpoints, and of moving averages, to the last bit that fp32 gives."""

import pytest
import torch

from pipeline.errors import UserError
from pipeline.train import checkpoint
from pipeline.train.architecture import Architecture
from pipeline.train.export_run import export_run, fill
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


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_mean_of_the_last_checkpoints(tmp_path, one_process, precision):
    model = build_model(TINY, precision=precision, layout=Layout(), seed=1)
    optimizer, average = build_optimizer(model, AdamW()), MovingAverage(model)
    kept = []
    for step in (1, 2, 3):
        with torch.no_grad():
            for weight in unwrap(model).parameters():
                weight.add_(step)
        average.update(0.5)
        checkpoint.save(tmp_path, model, optimizer, step=step, extra={}, keep=3, average=average)
        now = [weight.detach().float().clone() for weight in unwrap(model).parameters()]
        kept.append((now, [weight.clone() for weight in average.weights]))
    found = checkpoint.published(tmp_path)
    assert [one.name for one in found] == ["step-00000001", "step-00000002", "step-00000003"]
    other = build_model(TINY, precision=precision, layout=Layout(distributed_optimizer=False), seed=2)
    for moving, last in ((False, 2), (True, 2), (True, 1)):
        fill(other, found[-last:], moving=moving)
        parts = [pair[moving] for pair in kept[-last:]]
        for weight, *values in zip(unwrap(other).parameters(), *parts, strict=True):
            expected = torch.stack(values).sum(0) / last
            assert torch.equal(weight, expected.to(weight.dtype))


def test_what_is_there_already_is_refused_before_any_work(tmp_path):
    with pytest.raises(UserError, match="exists; an export never overwrites"):
        export_run(tmp_path / "no run", tmp_path)
