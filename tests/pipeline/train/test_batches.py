import pytest
import torch

from pipeline.errors import UserError
from pipeline.train.architecture import Architecture
from pipeline.train.batches import evaluate_loss, forward_backward
from pipeline.train.layout import Layout
from pipeline.train.model import build_model
from pipeline.train.optimizer import build_optimizer, set_learning_rate, step, zero_gradients
from pipeline.train.parallel import initialize, shutdown
from pipeline.train.settings import AdamW

TINY = Architecture(
    num_layers=2,
    hidden_size=32,
    feed_forward_size=64,
    num_heads=4,
    num_key_value_heads=2,
    vocabulary_size=64,
    max_sequence_length=16,
)
TOKENS = torch.randint(0, 64, (8, 17), generator=torch.Generator().manual_seed(0))
MASK = (torch.rand(8, 16, generator=torch.Generator().manual_seed(1)) < 0.6).float()


def gradients(model):
    return torch.cat([weight.main_grad.flatten() for weight in model.parameters()])


@pytest.mark.parametrize("mask", [None, MASK], ids=["all tokens", "masked"])
def test_loss_and_gradient_do_not_depend_on_micro_batches(one_process, mask):
    model = build_model(TINY, layout=Layout(), seed=1)
    found = []
    for size in (8, 4, 1):
        model.zero_grad_buffer()
        loss = forward_backward(model, TOKENS, micro_batch_size=size, loss_mask=mask)
        assert loss.num_tokens == (8 * 16 if mask is None else int(mask.sum()))
        found.append((loss.mean, gradients(model).clone()))
    for mean, gradient in found[1:]:
        assert mean == pytest.approx(found[0][0], rel=1e-6)
        torch.testing.assert_close(gradient, found[0][1], rtol=1e-4, atol=1e-7)


def test_gradient_is_that_of_the_mean_over_unmasked_tokens(one_process):
    model = build_model(TINY, layout=Layout(), seed=1)
    loss = forward_backward(model, TOKENS, micro_batch_size=4, loss_mask=MASK)
    logits = model.module(TOKENS[:, :-1], None, None)
    each = torch.nn.functional.cross_entropy(logits.flatten(0, 1), TOKENS[:, 1:].flatten(), reduction="none")
    mean = (each * MASK.flatten()).sum() / MASK.sum()
    expected = torch.cat([part.flatten() for part in torch.autograd.grad(mean, list(model.parameters()))])
    assert loss.mean == pytest.approx(mean.item(), rel=1e-6)
    torch.testing.assert_close(gradients(model), expected, rtol=1e-4, atol=1e-7)


def test_attention_is_causal(one_process):
    model = build_model(TINY, layout=Layout(), seed=1).eval()
    changed = TOKENS[:, :-1].clone()
    changed[:, 10:] = (changed[:, 10:] + 1) % 64
    with torch.no_grad():
        before, after = model(TOKENS[:, :-1], None, None), model(changed, None, None)
    torch.testing.assert_close(before[:, :10], after[:, :10])
    assert not torch.allclose(before[:, 10:], after[:, 10:])


def test_measuring_leaves_gradients_and_weights_alone(one_process):
    model = build_model(TINY, layout=Layout(), seed=1)
    forward_backward(model, TOKENS, micro_batch_size=8)
    before, weights = gradients(model).clone(), [weight.clone() for weight in model.parameters()]
    loss = evaluate_loss(model, TOKENS, micro_batch_size=2)
    assert torch.equal(gradients(model), before)
    assert all(torch.equal(one, other) for one, other in zip(weights, model.parameters(), strict=True))
    assert loss.mean == pytest.approx(evaluate_loss(model, TOKENS, micro_batch_size=8).mean, rel=1e-6)


@pytest.mark.parametrize("distributed", [False, True])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_training_lowers_the_loss_and_norms_are_not_decayed(one_process, distributed, precision):
    model = build_model(TINY, precision=precision, layout=Layout(distributed_optimizer=distributed), seed=1)
    optimizer = build_optimizer(model, AdamW())
    assert {(group["wd_mult"], group["weight_decay"]) for group in optimizer.param_groups} == {
        (0.0, 0.0),
        (1.0, 0.1),
    }
    losses = []
    for _ in range(20):
        zero_gradients(model, optimizer)
        set_learning_rate(optimizer, 1e-2)
        losses.append(forward_backward(model, TOKENS, micro_batch_size=8).mean)
        assert step(optimizer) > 0
    assert losses[-1] < 0.7 * losses[0]


def test_one_step_is_torch_adamw(one_process):
    """Ours against torch's AdamW with decay on matrices only and the gradient clipped to norm 1."""
    model = build_model(TINY, layout=Layout(), seed=1)
    optimizer = build_optimizer(model, AdamW(clip_norm=0.1))
    copies = [weight.detach().clone().requires_grad_() for weight in model.parameters()]
    decayed = [
        {"params": [copy for copy in copies if copy.dim() > 1]},
        {"params": [copy for copy in copies if copy.dim() == 1], "weight_decay": 0.0},
    ]
    reference = torch.optim.AdamW(decayed, lr=1e-2, betas=(0.9, 0.95), weight_decay=0.1)
    for _ in range(3):
        zero_gradients(model, optimizer)
        set_learning_rate(optimizer, 1e-2)
        forward_backward(model, TOKENS, micro_batch_size=8)
        for copy, weight in zip(copies, model.parameters(), strict=True):
            copy.grad = weight.main_grad.clone()
        assert step(optimizer) == pytest.approx(torch.nn.utils.clip_grad_norm_(copies, 0.1).item(), rel=1e-5)
        reference.step()
    for copy, weight in zip(copies, model.parameters(), strict=True):
        torch.testing.assert_close(weight.detach(), copy.detach(), rtol=1e-4, atol=1e-6)


def test_first_weights_depend_on_the_seed_alone(one_process):
    one, same, other = (build_model(TINY, layout=Layout(), seed=seed) for seed in (7, 7, 8))
    weights = [torch.cat([weight.flatten() for weight in model.parameters()]) for model in (one, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_what_cannot_be_split_is_refused(one_process, monkeypatch):
    with pytest.raises(UserError, match="micro_batch_size: 3 does not divide the 8 sequences"):
        forward_backward(build_model(TINY, layout=Layout(), seed=1), TOKENS, micro_batch_size=3)
    with pytest.raises(UserError) as caught:
        build_model(TINY, layout=Layout(tensor=4, pipeline=3), seed=1)
    assert "layout.tensor: 4 does not divide num_key_value_heads 2" in str(caught.value)
    assert "layout.pipeline: 3 does not divide num_layers 2" in str(caught.value)
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(UserError, match="found 3 processes, allowed are multiples of 2"):
        initialize(Layout(tensor=2), seed=1)


def test_groups_can_be_left_and_formed_again():
    for _ in range(2):
        place = initialize(Layout(), seed=1)
        assert (place.rank, place.world_size, place.data_rank, place.data_size) == (0, 1, 0, 1)
        shutdown()


def test_documents_that_see_only_themselves_lose_what_they_lose_alone(one_process):
    model = build_model(TINY, layout=Layout(), seed=1)
    documents = torch.tensor([[0] * 5 + [1] * 8 + [2] * 3] * 8)
    # What a document's last token predicts is of the next one.
    mask = torch.ones(8, 16)
    mask[:, [4, 12, 15]] = 0
    together = evaluate(model, TOKENS, mask, documents)
    alone = sum(evaluate_loss(model, TOKENS[:, a:b], micro_batch_size=8).total for a, b in [(0, 5), (5, 13), (13, 16)])
    assert together.total == pytest.approx(alone, rel=1e-6)
    assert together.total != pytest.approx(forward_backward(model, TOKENS, micro_batch_size=8, loss_mask=mask).total)


def evaluate(model, tokens, mask, documents):
    return forward_backward(model, tokens, micro_batch_size=4, loss_mask=mask, documents=documents)
