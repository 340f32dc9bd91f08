"""Context parallelism: each sequence is shared by several processes, and attention gathers keys and values.

Of 2 n chunks, process r of n holds chunk r and chunk 2 n - 1 - r: an early and a late one, so that all have the same
work under a causal mask.
"""

from __future__ import annotations

import torch
from megatron.core import parallel_state
from megatron.core.tensor_parallel import gather_from_sequence_parallel_region
from torch import Tensor
from torch.nn import functional
from torch.nn.attention.bias import causal_lower_right


def own_chunks(whole: Tensor, dimension: int) -> Tensor:
    """Return this process's two chunks of sequences, laid together; all of it where sequences are not shared."""
    size, rank = _place()
    if size == 1:
        return whole
    chunks = whole.chunk(2 * size, dimension)
    return torch.cat([chunks[rank], chunks[2 * size - 1 - rank]], dimension)


def whole_length(own: int) -> int:
    """Return the length of whole sequences of which this process holds `own` tokens each."""
    return own * _place()[0]


def causal_over_context(
    query: Tensor, key: Tensor, value: Tensor, bounds: Tensor | None, scale: float | None
) -> Tensor:
    """Attend causally over all processes of the context, and only inside documents where their bounds are given.

    All three are this process's chunks, [batch, sequence / n, heads or groups, width]; `bounds` is of whole sequences,
    as `attention.bounds_of` has it. Returns [batch, sequence / n, heads, width].
    """
    size, rank = _place()
    key, value = (_gather(part, size) for part in (key, value))
    length = query.size(1) // 2
    documents = None if bounds is None else _documents(bounds, query.size(0), key.size(1))
    attended = [
        _attend(part, key[:, :end], value[:, :end], documents, scale)
        for part, end in zip(query.split(length, 1), (length * (rank + 1), length * (2 * size - rank)), strict=True)
    ]
    return torch.cat(attended, 1)


def _place() -> tuple[int, int]:
    return parallel_state.get_context_parallel_world_size(), parallel_state.get_context_parallel_rank()


def _gather(part: Tensor, size: int) -> Tensor:
    """Return keys or values of whole sequences in order; their gradient is the sum over all processes."""
    group = parallel_state.get_context_parallel_group()
    gathered = gather_from_sequence_parallel_region(part.transpose(0, 1).contiguous(), group=group)
    chunks = gathered.transpose(0, 1).chunk(2 * size, 1)
    # Process r brought chunks r and 2 n - 1 - r.
    places = [place for rank in range(size) for place in (rank, 2 * size - 1 - rank)]
    return torch.cat([chunks[places.index(place)] for place in range(2 * size)], 1)


def _documents(bounds: Tensor, batch: int, length: int) -> Tensor:
    places = torch.arange(batch * length, device=bounds.device)
    return torch.searchsorted(bounds.long(), places, right=True).view(batch, length)


def _attend(query: Tensor, key: Tensor, value: Tensor, documents: Tensor | None, scale: float | None) -> Tensor:
    """Attend from the last places of a sequence's beginning to all of that beginning."""
    asked, seen = query.size(1), key.size(1)
    # The query's last place is the key's last one.
    mask: Tensor = causal_lower_right(asked, seen)
    if documents is not None:
        same = documents[:, seen - asked : seen, None] == documents[:, None, :seen]
        mask = same.tril(seen - asked)[:, None]
    query, key, value = (part.transpose(1, 2) for part in (query, key, value))
    attended = functional.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, scale=scale, enable_gqa=key.size(1) != query.size(1)
    )
    return attended.transpose(1, 2)
