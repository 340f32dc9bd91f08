"""Rules of weights: what each megatron-core parameter is in Hugging Face's names, whole and cut for any split.

A rule names the Hugging Face tensors behind one parameter and how they are laid together; the *whole* it
describes is cut along one dimension for tensor parallelism. No rotary permutation: both use the half-split
form. torch is imported where tensors are handled, so that a recipe's checkpoints are checked without it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.train.architecture import Architecture

if TYPE_CHECKING:
    from torch import Tensor, nn

_LAYER = re.compile(r"decoder\.layers\.(\d+)\.(.+)")


@dataclass(frozen=True)
class Rule:
    """How one whole parameter is made of Hugging Face tensors."""

    shapes: Mapping[str, tuple[int, ...]]
    """The tensors, in order, and their shapes."""
    parts: tuple[tuple[int, ...], ...]
    """The shape each tensor is viewed in before they are joined."""
    join: int = 0
    """The dimension along which the viewed tensors are joined."""
    cut: int | None = None
    """The dimension of the joined tensor that tensor parallelism cuts; None where nothing is cut."""

    def merge(self, tensors: list[Tensor]) -> Tensor:
        """Return the whole parameter in its joined form."""
        import torch

        return torch.cat([tensor.reshape(part) for tensor, part in zip(tensors, self.parts, strict=True)], self.join)

    def shard(self, whole: Tensor, rank: int, size: int) -> Tensor:
        """Return one tensor-parallel process's piece, in joined form; what does not divide is filled up with zeros."""
        from torch.nn import functional

        if self.cut is None:
            return whole
        length = -(-whole.size(self.cut) // size)
        piece = whole.split(length, self.cut)[rank]
        missing = length - piece.size(self.cut)
        return functional.pad(piece, (*(0, 0) * (piece.dim() - 1 - self.cut), 0, missing)) if missing else piece

    def unshard(self, pieces: list[Tensor]) -> Tensor:
        """Return the whole parameter in joined form from the processes' pieces, in the order of ranks."""
        import torch

        if self.cut is None:
            return pieces[0]
        shape = list(self.whole_shape)
        length = shape[self.cut]
        shape[self.cut] = -(-length // len(pieces))
        return torch.cat([piece.reshape(shape) for piece in pieces], self.cut).narrow(self.cut, 0, length)

    def split(self, whole: Tensor) -> dict[str, Tensor]:
        """Return the Hugging Face tensors inside a whole parameter."""
        pieces = whole.reshape(self.whole_shape).split([part[self.join] for part in self.parts], self.join)
        return {
            name: piece.reshape(shape).contiguous()
            for (name, shape), piece in zip(self.shapes.items(), pieces, strict=True)
        }

    @property
    def whole_shape(self) -> tuple[int, ...]:
        """Shape of the whole parameter in its joined form."""
        shape = list(self.parts[0])
        shape[self.join] = sum(part[self.join] for part in self.parts)
        return tuple(shape)


def _copy(name: str, *shape: int, cut: int | None = None) -> Rule:
    return Rule({name: shape}, (shape,), cut=cut)


def rule_of(architecture: Architecture, parameter: str) -> Rule:
    """Return the rule of a parameter, named as in a model on one process (local layer names)."""
    vocabulary, hidden = architecture.vocabulary_size, architecture.hidden_size
    if parameter == "decoder.final_layernorm.weight":
        return _copy("model.norm.weight", hidden)
    if parameter == "output_layer.weight" and not architecture.tie_embeddings:
        return _copy("lm_head.weight", vocabulary, hidden, cut=0)
    if parameter in ("embedding.word_embeddings.weight", "output_layer.weight"):
        return _copy("model.embed_tokens.weight", vocabulary, hidden, cut=0)
    if match := _LAYER.fullmatch(parameter):
        return _layer_rules(architecture, f"model.layers.{match[1]}")[match[2]]
    raise KeyError(parameter)


def _layer_rules(architecture: Architecture, layer: str) -> dict[str, Rule]:
    hidden, inner, width = architecture.hidden_size, architecture.feed_forward_size, architecture.head_size
    heads, groups = architecture.num_heads, architecture.num_key_value_heads
    ratio = heads // groups
    queries, keys = (heads * width, hidden), (groups * width, hidden)
    attention = {
        f"{layer}.self_attn.{part}_proj.weight": shape for part, shape in (("q", queries), ("k", keys), ("v", keys))
    }
    gated = {f"{layer}.mlp.{part}_proj.weight": (inner, hidden) for part in ("gate", "up")}
    return {
        "input_layernorm.weight": _copy(f"{layer}.input_layernorm.weight", hidden),
        "pre_mlp_layernorm.weight": _copy(f"{layer}.post_attention_layernorm.weight", hidden),
        "self_attention.linear_proj.weight": _copy(f"{layer}.self_attn.o_proj.weight", hidden, heads * width, cut=1),
        # Each group's queries are followed by its key and its value.
        "self_attention.linear_qkv.weight": Rule(
            attention, tuple((groups, n * width, hidden) for n in (ratio, 1, 1)), join=1, cut=0
        ),
        # A process holds its part of the gate and then its part of the up projection.
        "mlp.linear_fc1.weight": Rule(gated, ((1, inner, hidden),) * 2, join=0, cut=1),
        "mlp.linear_fc2.weight": _copy(f"{layer}.mlp.down_proj.weight", hidden, inner, cut=1),
    }


def parameters_of(architecture: Architecture) -> list[str]:
    """Return the names of a model's parameters on one process, in the order in which they are made."""
    names = ["embedding.word_embeddings.weight"]
    for layer in range(architecture.num_layers):
        names += [f"decoder.layers.{layer}.{name}" for name in _layer_rules(architecture, "")]
    return [*names, "decoder.final_layernorm.weight", *([] if architecture.tie_embeddings else ["output_layer.weight"])]


def expected_shapes(architecture: Architecture) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every tensor in a Hugging Face folder of this architecture."""
    rules = (rule_of(architecture, parameter) for parameter in parameters_of(architecture))
    return {name: shape for rule in rules for name, shape in rule.shapes.items()}


def named_weights(bare: Any) -> dict[str, nn.Parameter]:
    """Return the parameters of this process's part of a model under the names they would have on one process."""
    named = {}
    for local, parameter in bare.named_parameters():
        name = local
        if match := _LAYER.fullmatch(local):
            # layer_number counts from 1 over all pipeline stages.
            number = bare.decoder.layers[int(match[1])].layer_number - 1
            name = f"decoder.layers.{number}.{match[2]}"
        named[name] = parameter
    return named


def mark_cut_weights(bare: Any, architecture: Architecture) -> None:
    """Tell megatron-core which parameters tensor parallelism cuts.

    It knows it only of weights that it drew itself, and counts others once, which makes the gradient's norm too short.
    """
    for name, parameter in named_weights(bare).items():
        parameter.tensor_model_parallel = rule_of(architecture, name).cut is not None  # type: ignore[attr-defined]
