"""Attention: causal, with grouped queries, on torch's fused kernels, over whole sequences or document by document.

Transformer Engine and flash-attn have no wheels that pip installs, and megatron-core's own fallback makes the whole
square of scores and knows no documents. Which kernel keeps documents apart depends on the device:

- ``varlen``: one kernel over all documents of a batch (CUDA, bf16);
- ``looped``: each document's own square, one after the other (the CPU, whose calls cost little);
- ``masked``: the whole square with a mask (CUDA in fp32, for comparisons).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from megatron.core.packed_seq_params import PackedSeqParams
from megatron.core.transformer import TransformerConfig
from torch import Tensor, nn
from torch.nn import functional

from pipeline.train.context import causal_over_context

Kernel = Callable[[Tensor, Tensor, Tensor, Tensor, float | None], Tensor]


def bounds_of(documents: Tensor, device: torch.device) -> PackedSeqParams:
    """Return where the documents of a batch begin and end, laid end to end, as megatron-core passes it on.

    `documents` is an integer [batch, sequence] on the CPU (elsewhere, counting would wait for the device), equal
    inside a document; a sequence's end ends its last document.
    """
    batch, length = documents.shape
    begins = torch.ones(batch, length, dtype=torch.bool)
    begins[:, 1:] = documents[:, 1:] != documents[:, :-1]
    places = torch.cat([begins.flatten().nonzero()[:, 0], torch.tensor([batch * length])])
    cumulative = places.to(device, torch.int32)
    # Not "thd": that would make megatron-core reshape and start rotary positions anew, which, being relative, need not.
    return PackedSeqParams(
        qkv_format="sbhd",
        cu_seqlens_q=cumulative,
        cu_seqlens_kv=cumulative,
        max_seqlen_q=length,
        max_seqlen_kv=length,
    )


class CausalAttention(nn.Module):
    """What megatron-core's transformer layer attends with."""

    def __init__(
        self,
        config: TransformerConfig,
        layer_number: int,
        attn_mask_type: Any,
        attention_type: str,
        softmax_scale: float | None = None,
        *,
        kernel: str,
        **others: Any,
    ) -> None:
        super().__init__()
        self.scale = softmax_scale
        self.shared = config.context_parallel_size > 1
        # In a tuple, so that it is no part of the module: its state has no place in checkpoints, which kernels share.
        self._engine: tuple[Any, ...] = ()
        if kernel == "transformer_engine":
            from megatron.core.extensions.transformer_engine import TEDotProductAttention

            about = (config, layer_number, attn_mask_type, attention_type)
            self._engine = (TEDotProductAttention(*about, softmax_scale=softmax_scale, **others),)
            self._mask_type = attn_mask_type

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        *rest: Any,
        packed_seq_params: PackedSeqParams | None = None,
        **unused: Any,
    ) -> Tensor:
        """Attend causally, and only inside documents where `packed_seq_params`, from `bounds_of`, is given.

        query is [sequence, batch, heads, width], key and value [sequence, batch, groups, width].
        Returns [sequence, batch, heads * width].
        """
        if self._engine and packed_seq_params is None:
            fused: Tensor = self._engine[0](query, key, value, None, self._mask_type)
            return fused
        query, key, value = (part.transpose(0, 1) for part in (query, key, value))
        if self.shared:
            bounds = None if packed_seq_params is None else packed_seq_params.cu_seqlens_q
            attended = causal_over_context(query, key, value, bounds, self.scale)
        elif packed_seq_params is None:
            attended = causal(query, key, value, self.scale)
        else:
            kernel = document_kernel(query.device, query.dtype)
            attended = kernel(query, key, value, packed_seq_params.cu_seqlens_q, self.scale)
        return attended.transpose(0, 1).flatten(2)


def causal(query: Tensor, key: Tensor, value: Tensor, scale: float | None, visible: Tensor | None = None) -> Tensor:
    """Attend to what comes before and, where given, is `visible`; all are [batch, sequence, heads or groups, width]."""
    query, key, value = (part.transpose(1, 2) for part in (query, key, value))
    attended = functional.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=visible,
        is_causal=visible is None,
        scale=scale,
        enable_gqa=key.size(1) != query.size(1),
    )
    return attended.transpose(1, 2)


def document_kernel(device: torch.device, dtype: torch.dtype) -> Kernel:
    """Return the kernel that keeps documents apart on this device."""
    if device.type == "cpu":
        return looped
    return varlen if dtype in (torch.bfloat16, torch.float16) else masked


def varlen(query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, scale: float | None) -> Tensor:
    """Attend inside documents with one fused kernel (CUDA, half precision)."""
    from torch.nn.attention.varlen import varlen_attn

    batch, length = query.shape[:2]
    query, key, value = (part.flatten(0, 1) for part in (query, key, value))
    attended = varlen_attn(
        query,
        key,
        value,
        bounds,
        bounds,
        length,
        length,
        scale=scale,
        # No token before is too far, none after is seen.
        window_size=(-1, 0),
        enable_gqa=key.size(1) != query.size(1),
    )
    assert isinstance(attended, Tensor), "a second result is returned only where it is asked for"
    return attended.view(batch, length, *attended.shape[1:])


def looped(query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, scale: float | None) -> Tensor:
    """Attend inside one document after the other."""
    sizes = bounds.diff().tolist()
    parts = (part.flatten(0, 1).split(sizes) for part in (query, key, value))
    attended = [causal(q[None], k[None], v[None], scale)[0] for q, k, v in zip(*parts, strict=True)]
    return torch.cat(attended).view(*query.shape[:2], *attended[0].shape[1:])


def masked(query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, scale: float | None) -> Tensor:
    """Attend inside documents by a mask over the whole square."""
    batch, length = query.shape[:2]
    places = torch.arange(batch * length, device=bounds.device)
    documents = torch.searchsorted(bounds.long(), places, right=True).view(batch, length)
    visible = (documents[:, None, :, None] == documents[:, None, None, :]).tril()
    return causal(query, key, value, scale, visible)
