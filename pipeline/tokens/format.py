"""Megatron's indexed format: ``.bin`` holds tokens and nothing else, ``.idx`` where each document lies.

Every document is one sequence. Any Megatron reads these files; the layout is that of ``IndexedDataset`` version 1.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError

MAGIC = b"MMIDIDX\x00\x00"
VERSION = 1
HEADER = struct.Struct("<9sQBQQ")
"""Magic, version, code of the dtype, number of sequences, number of document boundaries (documents + 1)."""
DTYPES: dict[int, np.dtype[Any]] = {4: np.dtype("<i4"), 8: np.dtype("<u2")}
"""The two codes that token files use."""
SMALL_VOCABULARY = 65_500
"""Megatron's own limit below which a token takes two bytes."""

Tokens = npt.NDArray[Any]


def dtype_for(vocabulary_size: int) -> np.dtype[Any]:
    """Return the dtype of a token: 2 bytes for vocabularies under 65,500, else 4."""
    return DTYPES[8] if vocabulary_size < SMALL_VOCABULARY else DTYPES[4]


def code_of(dtype: np.dtype[Any]) -> int:
    """Return Megatron's code of a dtype."""
    return next(code for code, known in DTYPES.items() if known == dtype)


@dataclass(frozen=True)
class Index:
    """What an ``.idx`` file says."""

    dtype: np.dtype[Any]
    lengths: npt.NDArray[np.int32]
    """Tokens of each document."""
    pointers: npt.NDArray[np.int64]
    """Byte of the ``.bin`` at which each document starts."""


class ShardWriter:
    """Writes ``<prefix>.bin`` as documents come, and ``<prefix>.idx`` when it is closed without an error."""

    def __init__(self, prefix: Path, dtype: np.dtype[Any]) -> None:
        self._index, self._dtype = prefix.with_name(prefix.name + ".idx"), dtype
        self._file = prefix.with_name(prefix.name + ".bin").open("wb")
        self._lengths: list[npt.NDArray[np.int32]] = []
        self.num_tokens = 0

    def add(self, documents: Sequence[Tokens]) -> None:
        """Append documents, each with its end-of-document token."""
        lengths = np.array([len(document) for document in documents], dtype=np.int32)
        self._file.write(np.concatenate(documents).astype(self._dtype, copy=False).data)
        self._lengths.append(lengths)
        self.num_tokens += int(lengths.sum())

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if kind is None:
            lengths = np.concatenate(self._lengths) if self._lengths else np.zeros(0, np.int32)
            self._index.write_bytes(index_bytes(lengths, self._dtype))


def index_bytes(lengths: npt.NDArray[np.int32], dtype: np.dtype[Any]) -> bytes:
    """Return the contents of an ``.idx`` file for documents of these lengths."""
    ends = np.cumsum(lengths, dtype=np.int64) * dtype.itemsize
    pointers = np.concatenate([np.zeros(1, np.int64), ends])[: len(lengths)]
    documents = np.arange(len(lengths) + 1, dtype=np.int64)
    header = HEADER.pack(MAGIC, VERSION, code_of(dtype), len(lengths), len(documents))
    columns = (lengths.astype("<i4"), pointers.astype("<i8"), documents.astype("<i8"))
    return header + b"".join(column.tobytes() for column in columns)


def read_index(path: Path) -> Index:
    """Read an ``.idx`` file; raise UserError naming the file and the byte at which it stops making sense."""
    data = path.read_bytes()
    if len(data) < HEADER.size:
        raise UserError(f"{path}: {len(data)} bytes; an index has {HEADER.size} and more")
    magic, version, code, count, boundaries = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise UserError(f"{path}: byte 0: {magic!r} where an index has {MAGIC!r}")
    if version != VERSION:
        raise UserError(f"{path}: byte 9: version {version}; this reads version {VERSION}")
    if code not in DTYPES:
        raise UserError(f"{path}: byte 17: dtype code {code}; allowed: {', '.join(map(str, DTYPES))}")
    expected = HEADER.size + 12 * count + 8 * boundaries
    if len(data) < expected:
        raise UserError(f"{path}: truncated: {len(data)} bytes, {count} documents need {expected}")
    lengths = np.frombuffer(data, "<i4", count, HEADER.size)
    pointers = np.frombuffer(data, "<i8", count, HEADER.size + 4 * count)
    dtype = DTYPES[code]
    ends = np.cumsum(lengths, dtype=np.int64) * dtype.itemsize
    if (wrong := np.flatnonzero(pointers[1:] != ends[:-1])).size:
        place = HEADER.size + 4 * count + 8 * (int(wrong[0]) + 1)
        raise UserError(f"{path}: byte {place}: document {wrong[0] + 1} does not start where document {wrong[0]} ends")
    return Index(dtype, lengths, pointers)
