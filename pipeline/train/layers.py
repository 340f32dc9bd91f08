"""Layers: norm and attention of megatron-core's transformer here, and the specification that puts all together.

megatron-core's own fallback for where Transformer Engine and Apex are absent refuses sequence parallelism.
"""

from __future__ import annotations

import functools
from typing import Any

import torch
from megatron.core.models.gpt.gpt_layer_specs import get_gpt_layer_local_spec
from megatron.core.transformer import ModuleSpec, TransformerConfig
from megatron.core.transformer.attention import SelfAttention
from megatron.core.transformer.transformer_block import TransformerBlockSubmodules, get_num_layers_to_build
from torch import Tensor, nn
from torch.nn import functional

from pipeline.train.attention import CausalAttention
from pipeline.train.rotary import Rotary
from pipeline.train.settings import Kernels
from pipeline.train.swiglu import SwiGLU


class RMSNorm(nn.Module):
    """Root-mean-square norm whose weight is marked for the gradient sum of sequence parallelism."""

    def __init__(
        self, config: TransformerConfig, hidden_size: int, eps: float = 1e-5, *, kernel: str, **unused: Any
    ) -> None:
        super().__init__()
        self.kernel = kernel
        self.weight = nn.Parameter(torch.ones(hidden_size, dtype=config.params_dtype))
        self.weight.sequence_parallel = config.sequence_parallel  # type: ignore[attr-defined]
        self.eps = eps

    def forward(self, hidden: Tensor) -> Tensor:
        """Normalise the last dimension."""
        if self.kernel == "liger":
            from liger_kernel.transformers.functional import liger_rms_norm

            # Not in place: the residual stream reads the gradient too.
            normalised: Tensor = liger_rms_norm(hidden, self.weight, self.eps, in_place=False)
            return normalised
        return functional.rms_norm(hidden, self.weight.shape, self.weight, self.eps)


class Attention(SelfAttention):
    """Self-attention whose queries and keys come out of their product turned by their places."""

    def __init__(self, *about: Any, rotary: Rotary, **others: Any) -> None:
        super().__init__(*about, **others)
        self.rotary = rotary

    def get_query_key_value_tensors(self, hidden_states: Tensor, *unused: Any, **unasked: Any) -> tuple[Tensor, ...]:
        """Return queries, keys and values as `Rotary.split` does, from hidden states [sequence, batch, width]."""
        mixed, _ = self.linear_qkv(hidden_states)
        queries = self.num_attention_heads_per_partition // self.num_query_groups_per_partition
        return self.rotary.split(mixed, self.hidden_size_per_attention_head, queries)


def block_specification(config: TransformerConfig, kernels: Kernels, rotary: Rotary) -> TransformerBlockSubmodules:
    """Return the layers of this pipeline stage, and the norm after the last one."""
    layer = get_gpt_layer_local_spec(normalization="RMSNorm")
    norm = ModuleSpec(module=RMSNorm, params={"kernel": kernels.norm})
    layer.submodules.input_layernorm = norm
    layer.submodules.pre_mlp_layernorm = norm
    attention = layer.submodules.self_attention
    attention.module = Attention
    attention.params["rotary"] = rotary
    attention.submodules.core_attention = ModuleSpec(module=CausalAttention, params={"kernel": kernels.attention})
    _submodules(layer.submodules.mlp).activation_func = SwiGLU
    return TransformerBlockSubmodules(layer_specs=[layer] * get_num_layers_to_build(config), layer_norm=norm)


def _submodules(specification: Any) -> Any:
    """Return what a module is made from; megatron-core's later versions give a partial call."""
    if isinstance(specification, functools.partial):
        return specification.keywords["submodules"]
    return specification.submodules
