"""SwiGLU against its formula, forward and backward."""

import torch
from torch.nn import functional

from pipeline.train.architecture import Architecture
from pipeline.train.layout import Layout
from pipeline.train.model import transformer_config
from pipeline.train.swiglu import SwiGLU


def swiglu():
    sizes = {"num_layers": 1, "hidden_size": 8, "feed_forward_size": 6, "num_heads": 1, "num_key_value_heads": 1}
    shape = Architecture(**sizes, vocabulary_size=16, max_sequence_length=64)
    return SwiGLU(transformer_config(shape, "fp32", Layout()))


def wide(dtype):
    return torch.randn(5, 2, 12, generator=torch.Generator().manual_seed(0), dtype=dtype)


def test_first_half_gates_the_second():
    made = wide(torch.float32)
    torch.testing.assert_close(swiglu()(made), functional.silu(made[..., :6]) * made[..., 6:])


def test_gradient_is_that_of_the_formula():
    assert torch.autograd.gradcheck(swiglu(), wide(torch.float64).requires_grad_(), fast_mode=True)


def test_half_precision_goes_both_ways():
    made = wide(torch.bfloat16).requires_grad_()
    swiglu()(made).sum().backward()
    assert made.grad.dtype == torch.bfloat16
    assert made.grad.isfinite().all()
