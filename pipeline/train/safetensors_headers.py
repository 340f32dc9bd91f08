"""What the headers of safetensors files say: which tensors a Hugging Face folder holds, in which file, of what shape.

Only the first bytes of each file are read, and neither torch nor safetensors is needed, so that a recipe is checked
without them; training reads the same folders through here.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.errors import UserError

ONE = "model.safetensors"
INDEX = "model.safetensors.index.json"
_MOST_HEADER = 100_000_000
"""Bytes; safetensors itself reads no longer header."""
_BITS = {"BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16}
_BITS |= {"I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64}
FLOATS = ("BF16", "F16", "F32", "F64")
"""Number formats that hold weights as they are."""


@dataclass(frozen=True)
class Tensor:
    """What a header says of a tensor."""

    dtype: str
    shape: tuple[int, ...]


class SafetensorsHeaders:
    """The tensors of a folder: in one file, or in several with an index.

    Raises UserError where files are missing or cut, or do not hold what the index says.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, Path] = {}
        self._tensors: dict[str, Tensor] = {}
        problems = []
        for path in _files(folder):
            try:
                found = _header(path)
            except UserError as error:
                problems.append(str(error))
                continue
            self._files |= dict.fromkeys(found, path)
            self._tensors |= found
        if problems:
            raise UserError("\n".join(problems))

    def names(self) -> set[str]:
        """Return the names of all tensors."""
        return set(self._files)

    def file_of(self, name: str) -> Path:
        """Return the file that holds this tensor; raises UserError where none does."""
        if name not in self._files:
            raise UserError(f"{self.folder}: tensor {name}: missing; the architecture needs it")
        return self._files[name]

    def shape(self, name: str) -> tuple[int, ...]:
        """Return a tensor's shape."""
        self.file_of(name)
        return self._tensors[name].shape

    def dtype(self, name: str) -> str:
        """Return a tensor's number format, as safetensors names it."""
        self.file_of(name)
        return self._tensors[name].dtype


def _files(folder: Path) -> list[Path]:
    if (folder / INDEX).exists():
        return _indexed(folder / INDEX)
    if not (folder / ONE).exists() and (other := sorted(folder.glob("pytorch_model*.bin"))):
        raise UserError(
            f"{folder}: holds {other[0].name} and no {ONE}; weights are read from safetensors alone, convert them "
            "first (transformers: from_pretrained, then save_pretrained)"
        )
    return [folder / ONE]


def _indexed(path: Path) -> list[Path]:
    try:
        names = set(json.loads(path.read_text(encoding="utf-8"))["weight_map"].values())
        return [path.parent / name for name in sorted(names)]
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise UserError(f"{path}: found no JSON object with a weight_map: {error}") from None


def _header(path: Path) -> dict[str, Tensor]:
    try:
        status = path.stat()
        return _read(path, status.st_size, status.st_mtime_ns)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; weights are read from {ONE} or {INDEX}") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None


@lru_cache(maxsize=1024)
def _read(path: Path, size: int, modified: int) -> dict[str, Tensor]:
    """Read a header once a process, as long as the file stays the same."""
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
        if length > min(size - 8, _MOST_HEADER):
            raise UserError(f"{path}: not a whole safetensors file: it has {size:,} bytes and no header in them")
        text = file.read(length)
    try:
        header = json.loads(text)
        entries = {name: fields for name, fields in header.items() if name != "__metadata__"}
        return _checked(entries, size - 8 - length)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{path}: not a whole safetensors file: {error}") from None


def _checked(entries: dict[str, Any], available: int) -> dict[str, Tensor]:
    """Return the tensors; raise ValueError unless they lie one after the other and end where the file does."""
    found, end = {}, 0
    for name, fields in sorted(entries.items(), key=lambda entry: entry[1]["data_offsets"]):
        dtype, shape = fields["dtype"], tuple(fields["shape"])
        begin, stop = fields["data_offsets"]
        if begin != end or (dtype in _BITS and stop - begin != math.prod(shape) * _BITS[dtype] // 8):
            raise ValueError(f"tensor {name} does not lie where its header says")
        found[name], end = Tensor(dtype, shape), stop
    if end != available:
        raise ValueError(f"its header asks for {end:,} bytes of tensors, and {available:,} follow")
    return found
