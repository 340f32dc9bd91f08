"""Weights between Hugging Face's folders and a model of any split, both ways, to the bit.

Only rank 0 writes; every process reads what it holds itself.
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from megatron.core import parallel_state
from megatron.core.distributed import DistributedDataParallel
from torch import Tensor, distributed

from pipeline.errors import UserError
from pipeline.train import parallel
from pipeline.train.architecture import Architecture
from pipeline.train.checkpoint_folder import check_shapes
from pipeline.train.model import DTYPES, Precision, unwrap
from pipeline.train.safetensors_folder import SafetensorsFolder, write_safetensors
from pipeline.train.weight_rules import expected_shapes, named_weights, rule_of

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


def load_hugging_face(model: DistributedDataParallel, architecture: Architecture, folder: Path) -> None:
    """Fill this process's weights from a Hugging Face folder; call it before the optimizer is built.

    Raises UserError naming every tensor that is missing, has another shape, or has no place in the model.
    """
    files = SafetensorsFolder(folder)
    check_shapes(files, architecture)
    rank, size = parallel.tensor_place()
    with torch.no_grad():
        for name, parameter in named_weights(unwrap(model)).items():
            rule = rule_of(architecture, name)
            piece = rule.shard(rule.merge([files.read(source) for source in rule.shapes]), rank, size)
            parameter.copy_(piece.reshape(parameter.shape))


def gather_hugging_face(
    model: DistributedDataParallel, architecture: Architecture, precision: Precision
) -> dict[str, Tensor] | None:
    """Return all weights in Hugging Face's names on rank 0, None elsewhere; every process must call it."""
    rank, _ = parallel.tensor_place()
    local = {
        name: parameter.detach().to("cpu", DTYPES[precision])
        for name, parameter in named_weights(unwrap(model)).items()
    }
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
    distributed.barrier()  # nobody looks after rank 0 has begun
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
