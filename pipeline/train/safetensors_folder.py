"""A folder of safetensors: the weights of a Hugging Face model, in one file or in several with an index."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from pipeline.errors import UserError

_ONE = "model.safetensors"
_INDEX = "model.safetensors.index.json"


class SafetensorsFolder:
    """Reads tensors by name, one at a time.

    Raises UserError where files are missing, broken, or do not hold what the index says.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        files = _indexed_files(folder) if (folder / _INDEX).exists() else [folder / _ONE]
        self._files = {name: path for path in files for name in _names(path)}

    def names(self) -> set[str]:
        """Return the names of all tensors."""
        return set(self._files)

    def file_of(self, name: str) -> Path:
        """Return the file that holds this tensor; raises UserError where none does."""
        if name not in self._files:
            raise UserError(f"{self.folder}: tensor {name}: missing; the architecture needs it")
        return self._files[name]

    def shape(self, name: str) -> tuple[int, ...]:
        """Return a tensor's shape without reading it."""
        with safe_open(self.file_of(name), "pt") as file:
            return tuple(file.get_slice(name).get_shape())

    def read(self, name: str) -> torch.Tensor:
        """Return a tensor as it is stored, on the CPU."""
        with safe_open(self.file_of(name), "pt") as file:
            tensor: torch.Tensor = file.get_tensor(name)
            return tensor


def _indexed_files(folder: Path) -> list[Path]:
    path = folder / _INDEX
    try:
        names = set(json.loads(path.read_text(encoding="utf-8"))["weight_map"].values())
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, AttributeError, TypeError) as error:
        raise UserError(f"{path}: found no JSON object with a weight_map: {error}") from None
    return [folder / name for name in sorted(names)]


def _names(path: Path) -> list[str]:
    try:
        with safe_open(path, "pt") as file:
            return list(file.keys())
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; weights are read from {_ONE} or {_INDEX}") from None
    except SafetensorError as error:
        raise UserError(f"{path}: not a whole safetensors file: {error}") from None


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
        save_file(shards[0], folder / _ONE, metadata={"format": "pt"})
        return
    weight_map: dict[str, str] = {}
    for number, shard in enumerate(shards, start=1):
        file = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        save_file(shard, folder / file, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(shard, file)
    total = sum(tensor.nbytes for tensor in tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (folder / _INDEX).write_text(json.dumps(index, indent=2, sort_keys=True) + "\n", encoding="utf-8")
