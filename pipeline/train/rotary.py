"""Rotary positions: queries, keys and values out of one product, queries and keys turned by their places.

megatron-core does it in a dozen passes over memory, half of them copies that autograd adds. Here one pass goes from
the product to three tensors laid out as attention reads them, and one pass goes back; nothing is kept for it.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from pipeline.train.architecture import Architecture, RopeScaling
from pipeline.train.context import own_chunks, whole_length

Parts = tuple[Tensor, Tensor, Tensor]
"""Queries, keys and values."""


class Rotary:
    """Cosines and sines of the places that this process holds."""

    def __init__(self, architecture: Architecture) -> None:
        self.frequencies = rotary_frequencies(architecture)
        self._made: dict[tuple[int, torch.device, torch.dtype], tuple[Tensor, Tensor]] = {}

    def at(self, length: int, device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Return cosines and sines [length, head_dim / 2] for this process's part of sequences, `length` tokens."""
        key = (length, device, dtype)
        if key not in self._made:
            places = own_chunks(torch.arange(whole_length(length)), 0)
            angles = torch.outer(places.float(), self.frequencies).to(device)
            self._made[key] = (angles.cos().to(dtype), angles.sin().to(dtype))
        return self._made[key]

    def split(self, mixed: Tensor, width: int, queries: int) -> Parts:
        """Return turned queries, turned keys, and values [sequence, batch, heads or groups, width].

        mixed is [sequence, batch, groups * (queries + 2) * width]: of each group `queries` heads, a key and a value.
        """
        cosines, sines = self.at(mixed.size(0), mixed.device, mixed.dtype)
        parts: Parts = _Split.apply(mixed, cosines, sines, width, queries)
        return parts


class _Split(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, mixed: Tensor, cosines: Tensor, sines: Tensor, width: int, queries: int) -> Parts:
        ctx.save_for_backward(cosines, sines)
        ctx.queries = queries
        length, batch = mixed.shape[:2]
        heads = mixed.view(length, batch, -1, queries + 2, width)
        groups = heads.size(2)
        # [batch, heads, sequence, width] is what torch's attention reads fastest.
        made = [mixed.new_empty(batch, groups, count, length, width) for count in (queries, 1, 1)]
        turned, keys, values = (part.permute(3, 0, 1, 2, 4) for part in made)
        _turn(heads[..., :queries, :], cosines, sines, turned)
        _turn(heads[..., queries : queries + 1, :], cosines, sines, keys)
        values.copy_(heads[..., queries + 1 :, :])
        of_queries, of_keys, of_values = (part.flatten(1, 2).permute(2, 0, 1, 3) for part in made)
        return of_queries, of_keys, of_values

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        cosines, sines = ctx.saved_tensors
        for_queries, for_keys, for_values = gradients
        length, batch, groups, width = for_keys.shape
        for_mixed = for_keys.new_empty(length, batch, groups, ctx.queries + 2, width)
        back = -sines
        _turn(for_queries.unflatten(2, (groups, -1)), cosines, back, for_mixed[..., : ctx.queries, :])
        _turn(for_keys[..., None, :], cosines, back, for_mixed[..., ctx.queries : ctx.queries + 1, :])
        for_mixed[..., ctx.queries + 1, :] = for_values
        return for_mixed.flatten(2), None, None, None, None


def _turn(heads: Tensor, cosines: Tensor, sines: Tensor, turned: Tensor) -> None:
    """Turn [sequence, batch, groups, heads, width] by [sequence, width / 2], the halves being the two coordinates."""
    cosines, sines = (part[:, None, None, None] for part in (cosines, sines))
    first, second = heads.chunk(2, -1)
    turned_first, turned_second = turned.chunk(2, -1)
    torch.mul(first, cosines, out=turned_first).addcmul_(second, sines, value=-1)
    torch.mul(second, cosines, out=turned_second).addcmul_(first, sines)


def rotary_frequencies(architecture: Architecture) -> Tensor:
    """Return the rotary frequencies [head_dim / 2] in radians per position, fp32, on the CPU."""
    exponents = torch.arange(0, architecture.head_size, 2, dtype=torch.int64).float() / architecture.head_size
    frequencies = 1.0 / (architecture.rope_theta**exponents)
    if architecture.rope_scaling is None:
        return frequencies
    return _scale_frequencies(frequencies, architecture.rope_scaling)


def _scale_frequencies(frequencies: Tensor, scaling: RopeScaling) -> Tensor:
    """Stretch long wavelengths by the factor, leave short ones, and blend in between (Llama 3.1)."""
    turns = scaling.original_max_sequence_length * frequencies / (2 * math.pi)
    blend = (turns - scaling.low_freq_factor) / (scaling.high_freq_factor - scaling.low_freq_factor)
    blend = blend.clamp(0.0, 1.0)
    return blend * frequencies + (1.0 - blend) * frequencies / scaling.factor
