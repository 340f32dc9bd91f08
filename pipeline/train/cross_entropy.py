"""Cross entropy of the output layer, made in chunks: the logits of a whole batch never exist.

With 128 thousand words, the fp32 logits of 8,192 tokens are 4.2 GB, and their gradient as much again. Here a chunk's
logits are made, turned into their gradient in place, and multiplied back into the hidden states and the weight at
once, in the forward pass; the backward pass only scales. So nothing is computed twice, and what is held is a chunk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, distributed
from torch.distributed import ProcessGroup

CHUNK_LOGITS = 1 << 25
"""Logits of a chunk, 128 MiB in fp32."""
LEAST_CHUNK = 512
"""Tokens of a chunk at least: shorter ones leave matrix products slow."""
_IGNORED = -100


@dataclass(frozen=True)
class VocabularyShard:
    """The rows of the output layer that this process holds."""

    first: int
    """Token id of its first row."""
    group: ProcessGroup | None
    """The processes that hold the other rows; None where there are none."""


def linear_cross_entropy(
    hidden: Tensor,
    weight: Tensor,
    labels: Tensor,
    counted: Tensor | None,
    shard: VocabularyShard,
    kernel: str = "torch",
) -> Tensor:
    """Return the cross entropy of ``hidden @ weight.T`` against labels in nats, summed, an fp32 scalar.

    hidden is [tokens, width], weight [rows, width] of the same dtype, labels int64 [tokens]; `counted`, float
    [tokens], weighs every token's loss, and None weighs all by 1. Softmax and sums are made in fp32. The kernel
    ``liger`` knows weights of 0 and 1 alone, and no shards.
    """
    if kernel == "liger":
        return _by_liger(hidden, weight, labels if counted is None else labels.masked_fill(counted == 0, _IGNORED))
    total: Tensor = _LinearCrossEntropy.apply(hidden, weight, labels, counted, shard, torch.is_grad_enabled())
    return total


def _by_liger(hidden: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
    from liger_kernel.transformers.functional import liger_fused_linear_cross_entropy

    total: Tensor = liger_fused_linear_cross_entropy(
        hidden, weight, labels, ignore_index=_IGNORED, reduction="sum", accum_dtype=torch.float32
    )
    return total.float()


class _LinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        labels: Tensor,
        counted: Tensor | None,
        shard: VocabularyShard,
        with_gradient: bool,
    ) -> Tensor:
        size = max(LEAST_CHUNK, CHUNK_LOGITS // weight.size(0))
        for_hidden = torch.empty_like(hidden) if with_gradient else None
        for_weight = torch.zeros_like(weight, dtype=torch.float32) if with_gradient else None
        totals = []
        for start in range(0, hidden.size(0), size):
            part = slice(start, start + size)
            weights = None if counted is None else counted[part]
            losses, probabilities, own = _losses((hidden[part] @ weight.t()).float(), labels[part], shard)
            totals.append((losses if weights is None else losses * weights).sum())
            if for_hidden is None or for_weight is None:
                continue
            gradient = _gradient(probabilities, labels[part] - shard.first, own, weights).to(weight.dtype)
            for_hidden[part] = gradient @ weight
            _add_product(for_weight, gradient.t(), hidden[part])
        if for_hidden is not None and for_weight is not None:
            ctx.save_for_backward(for_hidden, for_weight.to(weight.dtype))
        return torch.stack(totals).sum()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        for_hidden, for_weight = ctx.saved_tensors
        return for_hidden * gradients[0], for_weight * gradients[0], None, None, None, None


def _losses(logits: Tensor, labels: Tensor, shard: VocabularyShard) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return losses [tokens], probabilities (in the logits' place) and which labels lie here, None for all."""
    if shard.group is None:
        logarithms = torch.log_softmax(logits, -1)
        return -logarithms.gather(1, labels[:, None])[:, 0], logarithms.exp_(), None
    maximum = logits.amax(1)
    distributed.all_reduce(maximum, distributed.ReduceOp.MAX, shard.group)
    logits -= maximum[:, None]
    local = labels - shard.first
    own = (local >= 0) & (local < logits.size(1))
    found = logits.gather(1, local.clamp(0, logits.size(1) - 1)[:, None])[:, 0] * own
    exponentials = logits.exp_()
    sums = torch.stack([found, exponentials.sum(1)])
    distributed.all_reduce(sums, group=shard.group)
    return sums[1].log() - sums[0], exponentials.div_(sums[1][:, None]), own


def _gradient(probabilities: Tensor, local: Tensor, own: Tensor | None, weights: Tensor | None) -> Tensor:
    """Turn probabilities [tokens, rows] into the gradient of the weighted sum of losses, in place."""
    less = torch.full_like(local, -1, dtype=probabilities.dtype) if own is None else -own.to(probabilities.dtype)
    probabilities.scatter_add_(1, local.clamp(0, probabilities.size(1) - 1)[:, None], less[:, None])
    return probabilities if weights is None else probabilities.mul_(weights[:, None])


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """Add ``left @ right`` to the fp32 total."""
    if right.dtype == total.dtype:
        total.addmm_(left, right)
    else:
        total += left @ right
