"""Stability: how large hidden states and attention logits are in every layer, long before a loss diverges.

Measured now and then on the batch that is trained on, with hooks that are there for that one step alone. It costs a
product of queries and keys a layer, over the first sequence of the first micro-batch, and a few hundred MiB. Where
processes share a sequence, each looks at the logits between its own tokens alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from megatron.core import parallel_state
from torch import Tensor, distributed

from pipeline.train.context import own_chunks
from pipeline.train.model import unwrap

ROWS = 256
"""Queries whose logits are held at once."""


@dataclass
class Stability:
    """What the layers of one process showed, by the layer's number in the whole model, counted from 1."""

    seen: dict[int, dict[str, float]] = field(default_factory=dict)

    def gathered(self) -> dict[str, list[float]]:
        """Return a value a layer: ``hidden_rms`` behind it, ``attention_logit_mean`` and ``attention_logit_max``.

        Every process must call it. Processes that hold parts or copies of a layer count alike.
        """
        everyone: list[dict[int, dict[str, float]]] = [self.seen]
        if distributed.get_world_size() > 1:
            everyone = [{}] * distributed.get_world_size()
            distributed.all_gather_object(everyone, self.seen)
        layers = sorted({layer for part in everyone for layer in part})
        rows = [[part[layer] for part in everyone if layer in part] for layer in layers]
        return {
            "hidden_rms": [math.sqrt(_mean(row, "square")) for row in rows],
            "attention_logit_mean": [_mean(row, "mean") for row in rows],
            "attention_logit_max": [max(part["max"] for part in row) for row in rows],
        }


@contextmanager
def watching(model: Any) -> Iterator[Stability]:
    """Look at the first micro-batch that goes through the model while the context lasts."""
    stability = Stability()
    hooks = []
    for layer in unwrap(model).decoder.layers:
        seen = stability.seen.setdefault(layer.layer_number, {})
        hooks.append(layer.register_forward_hook(_hidden_hook(seen)))
        hooks.append(layer.self_attention.core_attention.register_forward_pre_hook(_logit_hook(seen), with_kwargs=True))
    try:
        yield stability
    finally:
        for hook in hooks:
            hook.remove()


def attention_logits(query: Tensor, key: Tensor, visible: Tensor | None, scale: float | None) -> tuple[float, float]:
    """Return mean and maximum of the logits that the first sequence's tokens attend with, each to what it sees.

    Shapes are those of `pipeline.train.attention.CausalAttention`; ``visible`` is bool [sequence, sequence] or None.
    """
    queries, keys = query[:, 0].transpose(0, 1).float(), key[:, 0].transpose(0, 1).float()
    keys = keys.repeat_interleave(queries.size(0) // keys.size(0), dim=0)
    length, total, count, largest = keys.size(1), 0.0, 0, -math.inf
    every = torch.ones(length, length, dtype=torch.bool, device=key.device)
    sees = (every if visible is None else visible).tril()
    for begin in range(0, length, ROWS):
        rows = slice(begin, begin + ROWS)
        logits = queries[:, rows] @ keys.transpose(1, 2) * (scale or queries.size(2) ** -0.5)
        seen = logits[:, sees[rows]]
        total, count = total + float(seen.double().sum()), count + seen.numel()
        largest = max(largest, float(seen.max()))
    return total / count, largest


def _hidden_hook(seen: dict[str, float]) -> Any:
    def hook(layer: Any, inputs: Any, outputs: Any) -> None:
        if "square" not in seen:
            hidden = outputs[0] if isinstance(outputs, tuple) else outputs
            seen["square"] = float(hidden.detach().float().square().mean())

    return hook


def _logit_hook(seen: dict[str, float]) -> Any:
    def hook(attention: Any, inputs: Any, named: Any) -> None:
        if "max" not in seen:
            query, key = inputs[:2]
            packed = named.get("packed_seq_params")
            visible = None if packed is None else same_document(packed.cu_seqlens_q, len(query))
            with torch.no_grad():
                seen["mean"], seen["max"] = attention_logits(query, key, visible, attention.scale)

    return hook


def same_document(bounds: Tensor, length: int) -> Tensor:
    """Return which of the first sequence's tokens that lie here are of one document, bool [length, length].

    ``bounds`` count from the whole sequence's beginning, of which other processes of the context may hold parts.
    """
    size = parallel_state.get_context_parallel_world_size()
    places = own_chunks(torch.arange(length * size, device=bounds.device), 0)
    documents = torch.searchsorted(bounds.long(), places, right=True)
    return documents[:, None] == documents[None, :]


def _mean(parts: list[dict[str, float]], name: str) -> float:
    return math.fsum(part[name] for part in parts) / len(parts)
