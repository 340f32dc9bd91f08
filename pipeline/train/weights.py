"""Weights: what each megatron-core parameter is in Hugging Face's names, both ways and for any split.

A rule names the Hugging Face tensors behind one parameter and how they are laid together; the *whole* it
describes is cut along one dimension for tensor parallelism. No rotary permutation: both use the half-split
form.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from megatron.core import parallel_state
from megatron.core.distributed import DistributedDataParallel
from torch import Tensor, distributed

from pipeline.errors import UserError
from pipeline.train.architecture import Architecture
from pipeline.train.model import DTYPES, Precision, unwrap
from pipeline.train.safetensors_folder import SafetensorsFolder, write_safetensors

_LAYER = re.compile(r"decoder\.layers\.(\d+)\.(.+)")
_TOKEN_IDS = ("bos_token_id", "eos_token_id", "pad_token_id")
_COMPANIONS = (
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template*",
    "generation_config.json",
)


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
        return torch.cat([tensor.reshape(part) for tensor, part in zip(tensors, self.parts, strict=True)], self.join)

    def shard(self, whole: Tensor, rank: int, size: int) -> Tensor:
        """Return one tensor-parallel process's piece, in joined form."""
        return whole if self.cut is None else whole.chunk(size, self.cut)[rank]

    def unshard(self, pieces: list[Tensor]) -> Tensor:
        """Return the whole parameter in joined form from the processes' pieces, in the order of ranks."""
        if self.cut is None:
            return pieces[0]
        shape = list(self.parts[0])
        shape[self.join] = sum(part[self.join] for part in self.parts)
        shape[self.cut] //= len(pieces)
        return torch.cat([piece.reshape(shape) for piece in pieces], self.cut)

    def split(self, whole: Tensor) -> dict[str, Tensor]:
        """Return the Hugging Face tensors inside a whole parameter."""
        pieces = whole.reshape(self._whole_shape()).split([part[self.join] for part in self.parts], self.join)
        return {
            name: piece.reshape(shape).contiguous()
            for (name, shape), piece in zip(self.shapes.items(), pieces, strict=True)
        }

    def _whole_shape(self) -> list[int]:
        shape = list(self.parts[0])
        shape[self.join] = sum(part[self.join] for part in self.parts)
        return shape


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
        # Each group's queries are followed by its key and its value.
        "self_attention.linear_qkv.weight": Rule(
            attention, tuple((groups, n * width, hidden) for n in (ratio, 1, 1)), join=1, cut=0
        ),
        "self_attention.linear_proj.weight": _copy(f"{layer}.self_attn.o_proj.weight", hidden, heads * width, cut=1),
        # A process holds its part of the gate and then its part of the up projection.
        "mlp.linear_fc1.weight": Rule(gated, ((1, inner, hidden),) * 2, join=0, cut=1),
        "mlp.linear_fc2.weight": _copy(f"{layer}.mlp.down_proj.weight", hidden, inner, cut=1),
    }


def named_weights(model: DistributedDataParallel) -> dict[str, torch.nn.Parameter]:
    """Return this process's parameters under the names they would have on one process."""
    bare = unwrap(model)
    named = {}
    for local, parameter in bare.named_parameters():
        name = local
        if match := _LAYER.fullmatch(local):
            # layer_number counts from 1 over all pipeline stages.
            number = bare.decoder.layers[int(match[1])].layer_number - 1
            name = f"decoder.layers.{number}.{match[2]}"
        named[name] = parameter
    return named


def load_hugging_face(model: DistributedDataParallel, architecture: Architecture, folder: Path) -> None:
    """Fill this process's weights from a Hugging Face folder; call it before the optimizer is built.

    Raises UserError naming every tensor that is missing, has another shape, or has no place in the model.
    """
    files = SafetensorsFolder(folder)
    check_shapes(files, architecture)
    rank = parallel_state.get_tensor_model_parallel_rank()
    size = parallel_state.get_tensor_model_parallel_world_size()
    with torch.no_grad():
        for name, parameter in named_weights(model).items():
            rule = rule_of(architecture, name)
            piece = rule.shard(rule.merge([files.read(source) for source in rule.shapes]), rank, size)
            parameter.copy_(piece.reshape(parameter.shape))


def expected_shapes(architecture: Architecture) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every tensor in a Hugging Face folder of this architecture."""
    names = ["embedding.word_embeddings.weight"]
    for layer in range(architecture.num_layers):
        names += [f"decoder.layers.{layer}.{name}" for name in _layer_rules(architecture, "")]
    names += ["decoder.final_layernorm.weight", "output_layer.weight"]
    return {name: shape for parameter in names for name, shape in rule_of(architecture, parameter).shapes.items()}


def check_shapes(files: SafetensorsFolder, architecture: Architecture) -> None:
    """Raise UserError naming every tensor that does not fit the architecture."""
    expected = expected_shapes(architecture)
    present = files.names()
    # Old exports store rotary frequencies; tied models sometimes store their output layer as well.
    idle = {name for name in present if name.endswith("rotary_emb.inv_freq")}
    if architecture.tie_embeddings:
        idle.add("lm_head.weight")
    problems = [
        f"{files.folder}: tensor {name}: missing, expected {list(shape)}"
        for name, shape in expected.items()
        if name not in present
    ]
    problems += [
        f"{files.file_of(name)}: tensor {name}: found, but the architecture has no place for it"
        for name in sorted(present - set(expected) - idle)
    ]
    for name, shape in expected.items():
        if name in present and (found := files.shape(name)) != shape:
            problems.append(f"{files.file_of(name)}: tensor {name}: found {list(found)}, expected {list(shape)}")
    if problems:
        raise UserError("\n".join(problems))


def gather_hugging_face(
    model: DistributedDataParallel, architecture: Architecture, precision: Precision
) -> dict[str, Tensor] | None:
    """Return all weights in Hugging Face's names on rank 0, None elsewhere; every process must call it."""
    rank = parallel_state.get_tensor_model_parallel_rank()
    local = {name: parameter.detach().to("cpu", DTYPES[precision]) for name, parameter in named_weights(model).items()}
    gathered = _gather(rank, local)
    if distributed.get_rank() != 0:
        return None
    pieces: dict[str, dict[int, Tensor]] = defaultdict(dict)
    for tensor_rank, weights in gathered:
        for name, weight in weights.items():
            pieces[name][tensor_rank] = weight
    found: dict[str, Tensor] = {}
    for name, by_rank in pieces.items():
        rule = rule_of(architecture, name)
        found |= rule.split(rule.unshard([by_rank[rank] for rank in sorted(by_rank)]))
    return {name: found[name] for name in expected_shapes(architecture)}


def _gather(rank: int, local: dict[str, Tensor]) -> list[tuple[int, dict[str, Tensor]]]:
    """Bring the pieces of the first copy of the model to rank 0."""
    group = parallel_state.get_model_parallel_group()
    if group.size() == 1 or parallel_state.get_data_parallel_rank() != 0:
        return [(rank, local)]
    gathered: list[Any] | None = [None] * group.size() if distributed.get_rank() == 0 else None
    distributed.gather_object((rank, local), gathered, dst=0, group=group)
    return gathered or []


def export_hugging_face(
    model: DistributedDataParallel,
    architecture: Architecture,
    folder: Path,
    *,
    precision: Precision,
    companions: Path | None = None,
) -> None:
    """Write a Hugging Face folder, published by rename; every process must call it, rank 0 writes.

    `companions` is the folder whose tokenizer files and token ids belong to this model.
    Raises UserError where `folder` exists.
    """
    if folder.exists():
        raise UserError(f"{folder}: exists; an export never overwrites")
    tensors = gather_hugging_face(model, architecture, precision)
    if tensors is not None:
        write_hugging_face(tensors, architecture, folder, precision=precision, companions=companions)
    distributed.barrier()


def write_hugging_face(
    tensors: Mapping[str, Tensor],
    architecture: Architecture,
    folder: Path,
    *,
    precision: Precision,
    companions: Path | None = None,
) -> None:
    """Write config.json, generation_config.json, tokenizer files and weights, published by rename."""
    draft = folder.with_name(f".draft-{folder.name}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    ids = _copy_companions(companions, draft) if companions is not None else {}
    config = {
        **architecture.to_hugging_face_config(),
        **ids,
        "torch_dtype": str(DTYPES[precision]).split(".")[-1],
    }
    _write_json(draft / "config.json", config)
    if not (draft / "generation_config.json").exists():
        _write_json(draft / "generation_config.json", {"_from_model_config": True, **ids})
    write_safetensors(draft, tensors)
    draft.replace(folder)


def _copy_companions(source: Path, target: Path) -> dict[str, Any]:
    """Copy tokenizer and generation files; return the token ids of the source's config."""
    for pattern in _COMPANIONS:
        for path in sorted(source.glob(pattern)):
            if path.is_file():
                shutil.copyfile(path, target / path.name)
    path = source / "config.json"
    config = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {name: config[name] for name in _TOKEN_IDS if name in config}


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")
