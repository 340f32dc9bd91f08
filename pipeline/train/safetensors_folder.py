"""A folder of safetensors: the weights of a Hugging Face model, in one file or in several with an index."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from pipeline.train.safetensors_headers import INDEX, ONE, SafetensorsHeaders


class SafetensorsFolder(SafetensorsHeaders):
    """Reads tensors by name, one at a time."""

    def read(self, name: str) -> torch.Tensor:
        """Return a tensor as it is stored, on the CPU."""
        with safe_open(self.file_of(name), "pt") as file:
            tensor: torch.Tensor = file.get_tensor(name)
            return tensor


def write_safetensors(folder: Path, tensors: Mapping[str, torch.Tensor], *, shard_bytes: int = 5 * 10**9) -> None:
    """Write tensors in the order given, in files of at most `shard_bytes` (or one tensor) each."""
    shards: list[dict[str, torch.Tensor]] = [{}]
    room = shard_bytes
    for name, tensor in tensors.items():
        if tensor.nbytes > room and shards[-1]:
            shards.append({})
            room = shard_bytes
        shards[-1][name] = tensor.contiguous()
        room -= tensor.nbytes
    if len(shards) == 1:
        save_file(shards[0], folder / ONE, metadata={"format": "pt"})
        return
    weight_map: dict[str, str] = {}
    for number, shard in enumerate(shards, start=1):
        file = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        save_file(shard, folder / file, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(shard, file)
    total = sum(tensor.nbytes for tensor in tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (folder / INDEX).write_text(json.dumps(index, indent=2, sort_keys=True) + "\n", encoding="utf-8")
