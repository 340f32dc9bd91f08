"""Layers: the attention and the norm that megatron-core's transformer is built with here.

Both come from torch, because Transformer Engine and Apex are absent where pip alone installs things, and
megatron-core's own fallbacks materialise the attention square and refuse sequence parallelism.
"""

from __future__ import annotations

from typing import Any

import torch
from megatron.core.models.gpt.gpt_layer_specs import get_gpt_layer_local_spec
from megatron.core.transformer import TransformerConfig
from megatron.core.transformer.transformer_block import TransformerBlockSubmodules, get_num_layers_to_build
from torch import Tensor, nn
from torch.nn import functional

from pipeline.errors import UserError


class CausalAttention(nn.Module):
    """Causal grouped-query attention on torch's fused kernels."""

    def __init__(
        self,
        config: TransformerConfig,
        layer_number: int,
        attn_mask_type: Any,
        attention_type: str,
        softmax_scale: float | None = None,
        **unused: Any,
    ) -> None:
        super().__init__()
        if config.context_parallel_size > 1:
            raise UserError(f"layout.context: found {config.context_parallel_size}, allowed is 1")
        self.scale = softmax_scale

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, visible: Tensor | None = None, *rest: Any, **unused: Any
    ) -> Tensor:
        """Attend causally, and where `visible` is given only to what it says.

        query is [sequence, batch, heads, width], key and value [sequence, batch, groups, width], `visible` what
        `same_document` returns. Returns [sequence, batch, heads * width].
        """
        query, key, value = (part.permute(1, 2, 0, 3) for part in (query, key, value))
        attended = functional.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=visible,
            is_causal=visible is None,
            scale=self.scale,
            enable_gqa=key.size(1) != query.size(1),
        )
        return attended.permute(2, 0, 1, 3).flatten(2)


def same_document(documents: Tensor) -> Tensor:
    """Return what each token sees, bool [batch, 1, sequence, sequence]: itself and what its document has before it.

    `documents` is an integer [batch, sequence], equal inside a document.
    """
    same = documents[:, None, :, None] == documents[:, None, None, :]
    return same.tril()


class RMSNorm(nn.Module):
    """Root-mean-square norm whose weight is marked for the gradient sum of sequence parallelism."""

    def __init__(self, config: TransformerConfig, hidden_size: int, eps: float = 1e-5, **unused: Any) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(hidden_size, dtype=config.params_dtype))
        self.weight.sequence_parallel = config.sequence_parallel  # type: ignore[attr-defined]
        self.eps = eps

    def forward(self, hidden: Tensor) -> Tensor:
        """Normalise the last dimension."""
        return functional.rms_norm(hidden, self.weight.shape, self.weight, self.eps)


def block_specification(config: TransformerConfig) -> TransformerBlockSubmodules:
    """Return the layers of this pipeline stage, and the norm after the last one."""
    layer = get_gpt_layer_local_spec(normalization="RMSNorm")
    layer.submodules.input_layernorm = RMSNorm
    layer.submodules.pre_mlp_layernorm = RMSNorm
    layer.submodules.self_attention.submodules.core_attention = CausalAttention
    return TransformerBlockSubmodules(layer_specs=[layer] * get_num_layers_to_build(config), layer_norm=RMSNorm)
