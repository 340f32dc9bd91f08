import pytest
import torch
from torch.nn import functional

from pipeline.train import cross_entropy
from pipeline.train.cross_entropy import VocabularyShard, linear_cross_entropy

ALONE = VocabularyShard(first=0, group=None)
TOKENS, ROWS, WIDTH = 50, 31, 8


def numbers(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float32)


LABELS = torch.randint(0, ROWS, (TOKENS,), generator=torch.Generator().manual_seed(3))
MASK = (torch.rand(TOKENS, generator=torch.Generator().manual_seed(4)) < 0.5).float()


@pytest.fixture(params=[7, 64], ids=["seven tokens a chunk", "one chunk"])
def chunks(request, monkeypatch):
    monkeypatch.setattr(cross_entropy, "LEAST_CHUNK", request.param)
    monkeypatch.setattr(cross_entropy, "CHUNK_LOGITS", 1)


@pytest.mark.parametrize("counted", [None, MASK], ids=["all", "masked"])
def test_loss_and_gradients_are_those_of_torch(chunks, counted):
    hidden, weight = (
        numbers(seed, *shape).requires_grad_() for seed, shape in ((1, (TOKENS, WIDTH)), (2, (ROWS, WIDTH)))
    )
    each = functional.cross_entropy(hidden @ weight.t(), LABELS, reduction="none")
    expected = (each if counted is None else each * counted).sum()
    wanted = torch.autograd.grad(expected * 3, [hidden, weight])
    found = linear_cross_entropy(hidden, weight, LABELS, counted, ALONE)
    torch.testing.assert_close(found, expected)
    for one, other in zip(torch.autograd.grad(found * 3, [hidden, weight]), wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_in_bf16_sums_are_made_in_fp32(chunks):
    hidden, weight = numbers(1, TOKENS, WIDTH).bfloat16(), numbers(2, ROWS, WIDTH).bfloat16().requires_grad_()
    found = linear_cross_entropy(hidden, weight, LABELS, None, ALONE)
    assert found.dtype == torch.float32
    expected = functional.cross_entropy((hidden @ weight.t()).float(), LABELS, reduction="sum")
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    found.backward()
    assert weight.grad.dtype == torch.bfloat16


def test_measuring_makes_no_gradients(chunks):
    hidden, weight = numbers(1, TOKENS, WIDTH), numbers(2, ROWS, WIDTH).requires_grad_()
    with torch.no_grad():
        assert not linear_cross_entropy(hidden, weight, LABELS, None, ALONE).requires_grad
