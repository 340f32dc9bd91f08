"""Initial weights: drawn from the seed alone, so that no layout changes them.

megatron-core draws on every pipeline stage from the beginning of the same stream, and over as many rows of the
vocabulary as the layout pads it to. Here every process draws the whole model's stream and keeps what it holds.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from pipeline.train import parallel
from pipeline.train.architecture import Architecture
from pipeline.train.weight_rules import named_weights, parameters_of, rule_of

STANDARD_DEVIATION = 0.02


def draw_weights(bare: torch.nn.Module, architecture: Architecture, seed: int) -> None:
    """Fill this process's part of a model: norms with 1, matrices with normal numbers.

    Matrices that write into the residual stream are drawn smaller by sqrt(2 num_layers) (Radford et al., 2019).
    """
    generator = torch.Generator().manual_seed(seed)
    named = named_weights(bare)
    with torch.no_grad():
        for name in parameters_of(architecture):
            rule = rule_of(architecture, name)
            whole = _draw(name, rule.whole_shape, architecture, generator)
            if name in named:
                _fill(named[name], rule.shard(whole, *parallel.tensor_place()))
            # The last stage of a pipeline has a copy of a tied embedding.
            if architecture.tie_embeddings and name.startswith("embedding") and "output_layer.weight" in named:
                _fill(named["output_layer.weight"], rule.shard(whole, *parallel.tensor_place()))


def _draw(name: str, shape: tuple[int, ...], architecture: Architecture, generator: torch.Generator) -> Tensor:
    if "layernorm" in name:
        return torch.ones(shape)
    writes = name.endswith(("linear_proj.weight", "linear_fc2.weight"))
    deviation = STANDARD_DEVIATION / math.sqrt(2 * architecture.num_layers) if writes else STANDARD_DEVIATION
    return torch.empty(shape).normal_(0.0, deviation, generator=generator)


def _fill(weight: torch.nn.Parameter, piece: Tensor) -> None:
    weight.copy_(piece.reshape(weight.shape))
