"""SwiGLU: the feed-forward layer's gate, with a backward pass that writes both halves where they belong.

On CUDA megatron-core's compiled one is used; compiling costs more than it gives on a CPU, and plain autograd copies
the gradients of the halves together.
"""

from __future__ import annotations

from typing import Any

import torch
from megatron.core.fusions.fused_bias_swiglu import bias_swiglu_impl
from megatron.core.transformer import MegatronModule
from torch import Tensor
from torch.nn import functional


class SwiGLU(MegatronModule):
    """What stands in megatron-core's slot for a whole activation."""

    def forward(self, wide: Tensor) -> Tensor:
        """Return ``silu(gate) * up`` for [..., gate and up]."""
        gated: Tensor = bias_swiglu_impl(wide, None) if wide.is_cuda else _SwiGLU.apply(wide)
        return gated


class _SwiGLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, wide: Tensor) -> Tensor:
        ctx.save_for_backward(wide)
        gate, up = wide.chunk(2, -1)
        return functional.silu(gate).mul_(up)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (wide,) = ctx.saved_tensors
        gate, up = wide.chunk(2, -1)
        for_wide = torch.empty_like(wide)
        for_gate, for_up = for_wide.chunk(2, -1)
        torch.mul(functional.silu(gate), gradients[0], out=for_up)
        torch.ops.aten.silu_backward.grad_input(gradients[0] * up, gate, grad_input=for_gate)
        return for_wide
