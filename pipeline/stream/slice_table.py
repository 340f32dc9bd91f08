"""Slices on disk: which documents belong to each slice, how long they are and where their tokens lie."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mixtures.base import Slice

DOCUMENT = np.dtype([("row", "<i8"), ("start", "<i8"), ("tokens", "<i4")])
"""``row`` in the source's documents.parquet, ``start`` in tokens over the source's train shards laid end to end,
``tokens`` with the end-of-document token."""


def slice_name(source: str, keys: tuple[tuple[str, str], ...]) -> str:
    """Return ``source/key=value/...``: a slice is named by its keys, in the recipe's order."""
    return "/".join([source, *(f"{key}={value}" for key, value in keys)])


@dataclass(frozen=True)
class SliceFile:
    """One slice with its documents memory-mapped, in the corpus's order."""

    name: str
    source: str
    keys: tuple[tuple[str, str], ...]
    tokens: int
    identity: str
    """Hash of the documents' ids and lengths: what evidence about the slice is worth is decided by its content."""
    documents: npt.NDArray[Any]
    signal: npt.NDArray[np.float64] | None
    """What the source's order sorts by, one value a document."""
    signal_identity: str | None
    """Hash of the signal's values."""
    held_out: npt.NDArray[Any]
    """The slice's validation documents; ``start`` counts over the source's validation shards."""
    held_out_identity: str | None = None
    """Hash of the validation documents; None where the stream is older than format 3, which wrote it first."""

    @property
    def weighable(self) -> Slice:
        """The slice as methods see it."""
        return Slice(self.name, self.source, self.keys, self.tokens)


def folder_of(stream: Path, index: int) -> Path:
    """Return where the slice's arrays lie."""
    return stream / "slices" / f"{index:05d}"


def names_in(stream: Path) -> list[str]:
    """Return the names of a stream's slices, without opening them."""
    return [entry["name"] for entry in json.loads((stream / "slices.json").read_text(encoding="utf-8"))]


def load_slices(stream: Path) -> dict[str, SliceFile]:
    """Open every slice of a stream, by name."""
    listed = json.loads((stream / "slices.json").read_text(encoding="utf-8"))
    return {entry["name"]: _open(folder_of(stream, i), entry) for i, entry in enumerate(listed)}


def _open(folder: Path, entry: dict[str, Any]) -> SliceFile:
    signal = folder / "signal.npy"
    return SliceFile(
        name=entry["name"],
        source=entry["source"],
        keys=tuple((key, value) for key, value in entry["keys"]),
        tokens=entry["tokens"],
        identity=entry["identity"],
        documents=np.load(folder / "documents.npy", mmap_mode="r"),
        signal=np.load(signal, mmap_mode="r") if signal.is_file() else None,
        signal_identity=entry["signal"],
        held_out=np.load(folder / "validation.npy", mmap_mode="r"),
        held_out_identity=entry.get("held_out"),
    )
