"""The stream stage: cuts tokenised sources into slices and says which documents each one holds.

It reads the tables beside the tokens, never the tokens, in batches: two passes (count, then fill) keep memory flat.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import UserError
from pipeline.label.stage import LabelStage
from pipeline.stage import Stage, Where
from pipeline.stream.slice_table import DOCUMENT, folder_of, slice_name
from pipeline.stream.source_tokens import SourceTokens
from pipeline.tokens.stage import TokenizeStage

BATCH = 1 << 16
Keys = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Part:
    """One source as the stream sees it: its tokens and the labels that cut or order it."""

    tokens: TokenizeStage
    source: str
    labels: Mapping[str, LabelStage]
    """Column -> the stage that makes it, for the columns in ``keys`` and ``signal``."""
    keys: tuple[str, ...]
    signal: str | None
    """Column that the source's order sorts by."""


@dataclass
class _Growing:
    """A slice while it is being filled."""

    source: str
    keys: Keys
    documents: int = 0
    tokens: int = 0
    digest: Any = field(default_factory=lambda: hashlib.blake2b(digest_size=16))
    signal_digest: Any = field(default_factory=lambda: hashlib.blake2b(digest_size=16))
    table: npt.NDArray[Any] | None = None
    signal: npt.NDArray[np.float64] | None = None
    filled: int = 0
    held_out: list[npt.NDArray[Any]] = field(default_factory=list)


@dataclass(frozen=True)
class StreamStage(Stage):
    """Slices of one run."""

    run_name: str
    parts: tuple[Part, ...]
    kind = "stream"
    verb = "stream"
    format = 2

    @property
    def name(self) -> str:
        """``stream/<run>``."""
        return f"stream/{self.run_name}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """The columns that cut and order each source."""
        return {"sources": {p.source: {"keys": list(p.keys), "signal": p.signal} for p in self.parts}}

    @property
    def stages(self) -> Sequence[Stage]:
        """Tokens, and the labels in use."""
        unique: dict[str, Stage] = {}
        for part in self.parts:
            for stage in (part.tokens, *part.labels.values()):
                unique[stage.name] = stage
        return tuple(unique.values())

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Write ``slices.json`` and the arrays of every slice."""
        growing: dict[str, _Growing] = {}
        for part, batch in self._all("train", where.root):
            for keys, rows in _cut(batch, part):
                name = slice_name(part.source, keys)
                _count(growing.setdefault(name, _Growing(part.source, keys)), batch, rows)
        names = sorted(growing)
        for i, name in enumerate(names):
            _allocate(growing[name], folder_of(draft, i), self._has_signal(growing[name].source))
        for part, batch in self._all("train", where.root):
            for keys, rows in _cut(batch, part):
                _fill(growing[slice_name(part.source, keys)], batch, rows, part.signal)
        for part, batch in self._all("validation", where.root):
            for keys, rows in _cut(batch, part):
                if (piece := growing.get(slice_name(part.source, keys))) is not None:
                    piece.held_out.append(_table(batch, rows))
        for i, name in enumerate(names):
            np.save(folder_of(draft, i) / "validation.npy", np.concatenate([*growing[name].held_out, _empty()]))
        listed = [_entry(name, growing[name]) for name in names]
        (draft / "slices.json").write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return {
            "slices": len(names),
            "documents": sum(growing[n].documents for n in names),
            "tokens": {name: growing[name].tokens for name in names},
        }

    def _all(self, split: str, root: Path) -> Iterator[tuple[Part, dict[str, npt.NDArray[Any]]]]:
        for part in self.parts:
            for batch in _batches(part, split, root):
                if len(batch["row"]):
                    yield part, batch

    def _has_signal(self, source: str) -> bool:
        return any(part.signal for part in self.parts if part.source == source)


def _entry(name: str, piece: _Growing) -> dict[str, Any]:
    for array in (piece.table, piece.signal):
        if isinstance(array, np.memmap):
            array.flush()
    return {
        "name": name,
        "source": piece.source,
        "keys": piece.keys,
        "documents": piece.documents,
        "tokens": piece.tokens,
        "identity": piece.digest.hexdigest(),
        "signal": piece.signal_digest.hexdigest() if piece.signal is not None else None,
    }


def _batches(part: Part, split: str, root: Path) -> Iterator[dict[str, npt.NDArray[Any]]]:
    """Yield the columns of one split's documents in corpus order, with the labels joined row by row."""
    folder = part.tokens.folder(root)
    starts = _shard_starts(folder, split)
    readers = [_columns(folder / "documents.parquet", ["id", "split", "shard", "offset", "tokens"])]
    wanted = [*part.keys, *([part.signal] if part.signal else [])]
    readers += [_columns(part.labels[c].folder(root) / "labels.parquet", ["id", c]) for c in dict.fromkeys(wanted)]
    row = 0
    for tables in zip(*readers, strict=True):
        documents, labels = tables[0], tables[1:]
        for table in labels:
            if not table["id"].equals(documents["id"]):
                raise UserError(f"{folder}: labels are of other documents than the tokens; run the label stage again")
        mine = documents["split"].to_numpy(zero_copy_only=False) == split
        columns = {
            "row": np.arange(row, row + len(mine))[mine],
            "id": documents["id"].to_numpy(zero_copy_only=False)[mine],
            "tokens": documents["tokens"].to_numpy()[mine],
            "start": starts[documents["shard"].to_numpy()[mine]] + documents["offset"].to_numpy()[mine],
        }
        for column, table in zip(dict.fromkeys(wanted), labels, strict=True):
            columns[f"label {column}"] = table[column].to_numpy(zero_copy_only=False)[mine]
        row += len(mine)
        yield columns


def _columns(path: Path, names: list[str]) -> Iterator[pa.Table]:
    for batch in pq.ParquetFile(path).iter_batches(batch_size=BATCH, columns=names):
        yield pa.Table.from_batches([batch]).combine_chunks()


def _shard_starts(folder: Path, split: str) -> npt.NDArray[np.int64]:
    """Return the offset of each shard of a split when they are laid end to end, in tokens."""
    sizes = [len(shard) for shard in SourceTokens(folder, split).shards]
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)


def _cut(batch: Mapping[str, npt.NDArray[Any]], part: Part) -> Iterator[tuple[Keys, npt.NDArray[np.int64]]]:
    """Yield (keys, positions in the batch) of every slice that the batch touches."""
    size = len(batch["row"])
    if not part.keys:
        yield (), np.arange(size)
        return
    values = np.array([list(map(str, batch[f"label {key}"])) for key in part.keys]).T
    unique, which = np.unique(values, axis=0, return_inverse=True)
    for i, combination in enumerate(unique):
        keys = tuple(zip(part.keys, map(str, combination), strict=True))
        yield keys, np.flatnonzero(which.reshape(-1) == i)


def _count(piece: _Growing, batch: Mapping[str, npt.NDArray[Any]], rows: npt.NDArray[np.int64]) -> None:
    piece.documents += len(rows)
    piece.tokens += int(batch["tokens"][rows].sum(dtype=np.int64))
    piece.digest.update("\n".join(batch["id"][rows]).encode())
    piece.digest.update(np.ascontiguousarray(batch["tokens"][rows], dtype="<i4").tobytes())


def _allocate(piece: _Growing, folder: Path, with_signal: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    new = np.lib.format.open_memmap
    shape = (piece.documents,)
    piece.table = new(folder / "documents.npy", mode="w+", dtype=DOCUMENT, shape=shape)
    if with_signal:
        piece.signal = new(folder / "signal.npy", mode="w+", dtype=np.float64, shape=shape)


def _table(batch: Mapping[str, npt.NDArray[Any]], rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    table = np.empty(len(rows), dtype=DOCUMENT)
    for column in ("row", "start", "tokens"):
        table[column] = batch[column][rows]
    return table


def _empty() -> npt.NDArray[Any]:
    return np.empty(0, dtype=DOCUMENT)


def _fill(
    piece: _Growing, batch: Mapping[str, npt.NDArray[Any]], rows: npt.NDArray[np.int64], signal: str | None
) -> None:
    assert piece.table is not None, "allocated between the two passes"
    place = slice(piece.filled, piece.filled + len(rows))
    piece.table[place] = _table(batch, rows)
    if piece.signal is not None:
        piece.signal[place] = batch[f"label {signal}"][rows].astype(np.float64)
        piece.signal_digest.update(np.ascontiguousarray(piece.signal[place], dtype="<f8").tobytes())
    piece.filled = place.stop
