"""Batches: tokens through the model, for training and for measuring a loss.

A batch is int64 tokens [sequences, sequence_length + 1]: all but the last are read, all but the first are
predicted. A loss comes back as a sum and a number of tokens over all processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from megatron.core import parallel_state
from megatron.core.distributed import DistributedDataParallel
from megatron.core.pipeline_parallel import get_forward_backward_func
from megatron.core.transformer import TransformerConfig
from torch import Tensor, distributed

from pipeline.errors import UserError
from pipeline.train import parallel
from pipeline.train.attention import bounds_of
from pipeline.train.context import own_chunks


@dataclass(frozen=True)
class Loss:
    """A loss summed over tokens."""

    total: float
    """Cross entropy in nats, summed."""
    num_tokens: int
    """Predicted tokens, masked ones left out."""

    @property
    def mean(self) -> float:
        """Nats per token."""
        return self.total / self.num_tokens


Batch = tuple[Tensor, Tensor | None, Tensor | None]
"""Tokens, which predictions count, and the documents."""


def forward_backward(
    model: DistributedDataParallel,
    tokens: Tensor,
    *,
    micro_batch_size: int,
    loss_mask: Tensor | None = None,
    documents: Tensor | None = None,
) -> Loss:
    """Add up the gradient of one global batch, cut into micro-batches; return its loss.

    `tokens` are this copy's share of the global batch, [sequences, sequence_length + 1] int64; `loss_mask` is
    [sequences, sequence_length] float, 1 where a prediction counts; `documents`, [sequences, sequence_length], says
    which document of its sequence a token is of, where tokens are to look at their own document only. The gradient
    is that of the mean over the tokens of all copies. Raises UserError where the micro-batch size does not divide
    the share.
    """
    model.train()
    return _run(model, (tokens, loss_mask, documents), micro_batch_size, forward_only=False)


def evaluate_loss(
    model: DistributedDataParallel, tokens: Tensor, *, micro_batch_size: int, loss_mask: Tensor | None = None
) -> Loss:
    """Return the loss of a batch, as `forward_backward` does, leaving gradients and weights alone."""
    model.eval()
    with torch.no_grad():
        return _run(model, (tokens, loss_mask, None), micro_batch_size, forward_only=True)


def _run(model: DistributedDataParallel, batch: Batch, micro_batch_size: int, forward_only: bool) -> Loss:
    num_sequences, length = batch[0].size(0), batch[0].size(1) - 1
    if num_sequences % micro_batch_size:
        raise UserError(
            f"micro_batch_size: {micro_batch_size} does not divide the {num_sequences} sequences of a batch"
        )
    _check_length(length, model.config)
    totals = get_forward_backward_func()(
        forward_step_func=_forward,
        data_iterator=_micro_batches(batch, micro_batch_size),
        model=[model],
        num_microbatches=num_sequences // micro_batch_size,
        seq_length=length,
        micro_batch_size=micro_batch_size,
        forward_only=forward_only,
    )
    return _sum_over_processes(totals)


def _check_length(length: int, config: TransformerConfig) -> None:
    """Raise UserError where the layout cannot divide sequences of this many tokens."""
    context = config.context_parallel_size
    if context > 1 and length % (2 * context):
        raise UserError(
            f"sequence_length: {length} is no multiple of {2 * context}, two chunks for each of {context} (context)"
        )
    tensor = config.tensor_model_parallel_size if config.sequence_parallel else 1
    if length // context % tensor:
        raise UserError(
            f"sequence_length: {length} leaves {length // context} to each of {context} (context), "
            f"which is no multiple of {tensor} (tensor, with sequence_parallel)"
        )


def _micro_batches(batch: Batch, size: int) -> Iterator[Batch]:
    for start in range(0, batch[0].size(0), size):
        tokens, mask, documents = (None if part is None else part[start : start + size] for part in batch)
        assert tokens is not None
        yield tokens, mask, documents


def _forward(
    batches: Iterator[Batch], model: DistributedDataParallel
) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]]:
    device = parallel.device()
    tokens, mask, documents = next(batches)
    bounds = None if documents is None else bounds_of(documents, device)
    tokens = tokens.to(device, non_blocking=True)
    read, predicted = (own_chunks(part, 1) for part in (tokens[:, :-1], tokens[:, 1:]))
    mask = None if mask is None else own_chunks(mask, 1)
    count = (torch.tensor(predicted.numel()) if mask is None else mask.sum()).to(device, non_blocking=True)
    mask = None if mask is None else mask.to(device, non_blocking=True)
    total = model(read, None, None, labels=predicted, loss_mask=mask, packed_seq_params=bounds)

    def add_up(total: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return total, count.to(torch.int), torch.stack([total.detach().double(), count.double()])

    return total, add_up


def _sum_over_processes(totals: list[Any]) -> Loss:
    """Add up micro-batches and copies, and tell every pipeline stage; only the last one holds `totals`."""
    total = torch.stack(totals).sum(0) if totals else torch.zeros(2, dtype=torch.float64, device=parallel.device())
    if parallel.weights_are_shared():
        distributed.all_reduce(total, group=parallel_state.get_data_parallel_group(with_context_parallel=True))
    if parallel_state.get_pipeline_model_parallel_world_size() > 1:
        distributed.all_reduce(total, group=parallel_state.get_pipeline_model_parallel_group())
    return Loss(total=float(total[0]), num_tokens=round(float(total[1])))
