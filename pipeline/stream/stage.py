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

from pipeline.errors import UserError
from pipeline.stage import Stage, Where, why_stale
from pipeline.stream import cutting
from pipeline.stream.buckets import Edges, plain
from pipeline.stream.cutting import Batch, Keys, Part
from pipeline.stream.slice_table import DOCUMENT, folder_of, names_in, slice_name
from pipeline.stream.weighed import Weighed, unknown_slices
from pipeline.tokens.split import TRAIN, VALIDATION

SourceEdges = Mapping[str, Mapping[str, Edges]]
"""Source -> column -> the bounds between its buckets."""


class _Content:
    """What identifies documents: their ids and lengths in order, in whatever batches they come."""

    def __init__(self) -> None:
        self._ids, self._lengths = hashlib.blake2b(digest_size=16), hashlib.blake2b(digest_size=16)

    def add(self, batch: Batch, rows: npt.NDArray[np.int64]) -> None:
        self._ids.update("".join(f"{name}\n" for name in batch["id"][rows]).encode())
        self._lengths.update(np.ascontiguousarray(batch["tokens"][rows], dtype="<i4").tobytes())

    def identity(self) -> str:
        return hashlib.blake2b(self._ids.digest() + self._lengths.digest(), digest_size=16).hexdigest()


@dataclass
class _Growing:
    """A slice while it is being filled."""

    source: str
    keys: Keys
    documents: int = 0
    tokens: int = 0
    content: _Content = field(default_factory=_Content)
    held_out_content: _Content = field(default_factory=_Content)
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
    weighed: Weighed = ()
    """Slices that the run's mixtures name one by one; they decide no byte, and have to exist."""
    kind = "stream"
    verb = "stream"
    format = 3

    @property
    def name(self) -> str:
        """``stream/<run>``."""
        return f"stream/{self.run_name}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """The columns that cut and order each source."""
        return {"sources": {part.source: part.settings for part in self.parts}}

    @property
    def stages(self) -> Sequence[Stage]:
        """Tokens, and the labels in use."""
        unique: dict[str, Stage] = {}
        for part in self.parts:
            for stage in (part.tokens, *part.labels.values()):
                unique[stage.name] = stage
        return tuple(unique.values())

    def check(self, root: Path) -> None:
        """Raise UserError if a mixture names a slice that the stream, made already, does not have."""
        if self.weighed and why_stale(self, root) is None:
            self._refuse_unknown(names_in(self.folder(root)))

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Write ``slices.json`` and the arrays of every slice."""
        edges = {part.source: cutting.edges_of(part, where.root) for part in self.parts}
        growing: dict[str, _Growing] = {}
        for part, batch, keys, rows in self._all(TRAIN, where.root, edges):
            name = slice_name(part.source, keys)
            _count(growing.setdefault(name, _Growing(part.source, keys)), batch, rows)
        names = sorted(growing)
        self._refuse_unknown(names)
        ordered = {part.source for part in self.parts if part.signal}
        for i, name in enumerate(names):
            _allocate(growing[name], folder_of(draft, i), growing[name].source in ordered)
        for part, batch, keys, rows in self._all(TRAIN, where.root, edges):
            _fill(growing[slice_name(part.source, keys)], batch, rows, part.signal)
        for part, batch, keys, rows in self._all(VALIDATION, where.root, edges):
            if (piece := growing.get(slice_name(part.source, keys))) is not None:
                piece.held_out.append(_table(batch, rows))
                piece.held_out_content.add(batch, rows)
        for i, name in enumerate(names):
            np.save(folder_of(draft, i) / "validation.npy", np.concatenate([*growing[name].held_out, _empty()]))
        listed = [_entry(name, growing[name], self._bounds(growing[name], edges)) for name in names]
        (draft / "slices.json").write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        cut_at = {s: {c: list(map(plain, found)) for c, found in columns.items()} for s, columns in edges.items()}
        return {
            "slices": len(names),
            "documents": sum(growing[n].documents for n in names),
            "tokens": {name: growing[name].tokens for name in names},
            "edges": {source: columns for source, columns in cut_at.items() if columns},
        }

    def _all(
        self, split: str, root: Path, edges: SourceEdges
    ) -> Iterator[tuple[Part, Batch, Keys, npt.NDArray[np.int64]]]:
        for part in self.parts:
            for batch in cutting.batches(part, split, root):
                for keys, rows in cutting.cut(batch, part, edges[part.source]):
                    yield part, batch, keys, rows

    def _bounds(self, piece: _Growing, edges: SourceEdges) -> dict[str, Any]:
        """Return column -> [from, to) of the slice's buckets."""
        (part,) = (part for part in self.parts if part.source == piece.source)
        names = dict(piece.keys)
        bounds = {
            cut.column: cut.bounds(names[cut.column], edges[piece.source][cut.column])
            for cut in part.keys
            if cut.is_bucketed
        }
        return {c: found and [None if x is None else plain(x) for x in found] for c, found in bounds.items()}

    def _refuse_unknown(self, names: Sequence[str]) -> None:
        if problems := list(unknown_slices(self.weighed, names)):
            raise UserError("\n".join(f"{'.'.join(map(str, where))}: {what}" for where, what in problems))


def _entry(name: str, piece: _Growing, bounds: Mapping[str, Any]) -> dict[str, Any]:
    for array in (piece.table, piece.signal):
        if isinstance(array, np.memmap):
            array.flush()
    return {
        "name": name,
        "source": piece.source,
        "keys": piece.keys,
        "bounds": bounds,
        "documents": piece.documents,
        "tokens": piece.tokens,
        "identity": piece.content.identity(),
        "held_out": piece.held_out_content.identity(),
        "signal": piece.signal_digest.hexdigest() if piece.signal is not None else None,
    }


def _count(piece: _Growing, batch: Batch, rows: npt.NDArray[np.int64]) -> None:
    piece.documents += len(rows)
    piece.tokens += int(batch["tokens"][rows].sum(dtype=np.int64))
    piece.content.add(batch, rows)


def _allocate(piece: _Growing, folder: Path, with_signal: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    new = np.lib.format.open_memmap
    shape = (piece.documents,)
    piece.table = new(folder / "documents.npy", mode="w+", dtype=DOCUMENT, shape=shape)
    if with_signal:
        piece.signal = new(folder / "signal.npy", mode="w+", dtype=np.float64, shape=shape)


def _table(batch: Batch, rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    table = np.empty(len(rows), dtype=DOCUMENT)
    for column in ("row", "start", "tokens"):
        table[column] = batch[column][rows]
    return table


def _empty() -> npt.NDArray[Any]:
    return np.empty(0, dtype=DOCUMENT)


def _fill(piece: _Growing, batch: Batch, rows: npt.NDArray[np.int64], signal: str | None) -> None:
    assert piece.table is not None, "allocated between the two passes"
    place = slice(piece.filled, piece.filled + len(rows))
    piece.table[place] = _table(batch, rows)
    if piece.signal is not None:
        piece.signal[place] = batch[f"label {signal}"][rows].astype(np.float64)
        piece.signal_digest.update(np.ascontiguousarray(piece.signal[place], dtype="<f8").tobytes())
    piece.filled = place.stop
