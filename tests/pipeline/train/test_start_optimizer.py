"""A run that starts from another one: what its optimizer remembers is exactly what the recipe asks for."""

from types import SimpleNamespace

import pytest
import torch

from pipeline.errors import UserError
from pipeline.train import checkpoint
from pipeline.train.architecture import Architecture
from pipeline.train.batches import forward_backward
from pipeline.train.layout import Layout
from pipeline.train.model import build_model, unwrap
from pipeline.train.optimizer import build_optimizer, set_learning_rate, step, torch_optimizers, zero_gradients
from pipeline.train.settings import AdamW, FromRun
from pipeline.train.start_optimizer import start_optimizer
from pipeline.train.weights import export_hugging_face, load_hugging_face

TINY = Architecture(
    num_layers=1,
    hidden_size=16,
    feed_forward_size=32,
    num_heads=2,
    num_key_value_heads=1,
    vocabulary_size=32,
    max_sequence_length=8,
)


def made(precision):
    model = build_model(TINY, precision=precision, layout=Layout(), seed=1)
    return model, build_optimizer(model, AdamW())


def train(model, optimizer, number):
    tokens = torch.randint(0, 32, (2, 9), generator=torch.Generator().manual_seed(number))
    zero_gradients(model, optimizer)
    set_learning_rate(optimizer, 1e-2)
    loss = forward_backward(model, tokens, micro_batch_size=2)
    return loss.mean, step(optimizer)


def state(optimizer):
    """Return the counts and the moments, and the weights that the optimizer steps on."""
    (inner,) = torch_optimizers(optimizer)
    weights = [weight for group in inner.param_groups for weight in group["params"]]
    kept = [inner.state[weight] for weight in weights]
    moments = [torch.cat([s["exp_avg"].flatten(), s["exp_avg_sq"].flatten()]) for s in kept if s]
    return [float(s["step"]) for s in kept if s], moments, [weight.detach().clone() for weight in weights]


def same(first, second):
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_what_is_remembered(tmp_path, one_process, precision):
    model, optimizer = made(precision)
    for number in range(3):
        train(model, optimizer, number)
    checkpoint.save(tmp_path / "runs/base/checkpoints", model, optimizer, step=3, extra={}, keep=1)
    export_hugging_face(model, TINY, tmp_path / "export", precision=precision)
    counts, moments, weights = state(optimizer)
    undisturbed = train(model, optimizer, 3)
    begun = {}
    for kind in ("reset", "load", "moments"):
        other, fresh = made(precision)
        load_hugging_face(other, TINY, tmp_path / "export")
        fresh.reload_model_params()
        start = FromRun(run="base", optimizer=kind)
        job = SimpleNamespace(run=SimpleNamespace(start=start), root=tmp_path, start=tmp_path / "export", run_name="x")
        start_optimizer(job, TINY, other, fresh)
        begun[kind] = (state(fresh), train(other, fresh, 3))
        assert not any(parameter.isnan().any() for parameter in unwrap(other).parameters())
    assert begun["reset"][0][0] == []
    for kind in ("load", "moments"):
        assert begun[kind][0][0] == counts == [3.0] * len(counts)
        assert same(begun[kind][0][1], moments)
    assert same(begun["load"][0][2], weights)
    assert begun["load"][1] == undisturbed, "to the bit"
    assert same(begun["moments"][0][2], weights) == (precision == "fp32"), "exported bf16 weights are rounded"


def test_without_a_checkpoint_it_is_refused(tmp_path):
    job = SimpleNamespace(
        run=SimpleNamespace(start=FromRun(run="base", optimizer="load")), root=tmp_path, run_name="cpt", start=None
    )
    with pytest.raises(UserError, match=r"runs.cpt.start.optimizer: found load, and .*no complete checkpoint"):
        start_optimizer(job, TINY, None, None)
