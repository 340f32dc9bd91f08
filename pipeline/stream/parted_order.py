"""A parted order: one slice and epoch of an order that gives any part of itself, made where a cursor stands.

Nothing is written but, for large slices, where the parts begin; what a cursor reads is computed from the key, a part
of some thousand documents at a time, and forgotten when the cursor has left it. Opening it anywhere takes one pass over
the lengths of documents; at the beginning of an epoch not even that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from curricula.order import Parts
from pipeline.artifact import write_durably
from pipeline.errors import WorkError
from pipeline.stream.slice_table import SliceFile

LARGE = 1 << 20
"""From this many documents on, the beginnings of parts are kept: below, adding up takes a millisecond or two."""

Integers = npt.NDArray[np.int64]


class PartedOrder:
    """The string of one slice and epoch; ``path`` is where the beginnings of its parts are kept, or None."""

    def __init__(self, path: Path | None, piece: SliceFile, parts: Parts) -> None:
        self._path, self._piece, self._parts = path, piece, parts
        # Plain views: every operation on a memory map costs microseconds more.
        self._tokens: npt.NDArray[np.integer] = np.asarray(piece.documents)["tokens"]
        self._edges: Integers | None = None
        self._held: dict[int, tuple[Integers, Integers]] = {}

    def find(self, begin: int, end: int) -> tuple[Integers, Integers]:
        """Return (documents, ends) of the documents that hold tokens ``begin`` to ``end`` of the string."""
        first, last = self._span(begin, end)
        self._held = {number: self._open(number) for number in range(first, last + 1)}
        documents, ends = self._held[first]
        if first != last:
            documents, ends = (np.concatenate(column) for column in zip(*self._held.values(), strict=True))
        low, high = np.searchsorted(ends, begin, side="right"), np.searchsorted(ends, end, side="left")
        return documents[low : high + 1], ends[low : high + 1]

    def end_of(self, document: int) -> int:
        """Return the offset just after a document."""
        documents, ends = self._open(self._parts.part_of(document))
        return int(ends[int(np.flatnonzero(documents == document)[0])])

    def _span(self, begin: int, end: int) -> tuple[int, int]:
        """Return the numbers of the first and last part that hold tokens ``begin`` to ``end``."""
        if self._edges is None and not (0 in self._held and begin > self._held[0][1][-1]):
            self._held[0] = self._open(0)
            if end <= self._held[0][1][-1]:
                return 0, 0
        edges = self._all_edges()
        last = max(int(np.searchsorted(edges, end, side="left")) - 1, 0)
        return min(int(np.searchsorted(edges, begin, side="right")) - 1, last), last

    def _open(self, number: int) -> tuple[Integers, Integers]:
        """Return the documents of a part and their ends."""
        if number in self._held:
            return self._held[number]
        rows = self._parts.rows(number)
        begin = int(self._all_edges()[number]) if number else 0
        ends = np.cumsum(self._tokens[rows], dtype=np.int64)
        ends += begin
        if self._edges is not None and ends[-1] != self._edges[number + 1]:
            raise self._damaged()
        return rows, ends

    def _all_edges(self) -> Integers:
        if self._edges is None:
            self._edges = self._kept(self._path) if self._path else self._parts.edges(self._tokens)
        return self._edges

    def _kept(self, path: Path) -> Integers:
        """Read the beginnings of parts, writing them first if they are not there; all processes write the same."""
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
            write_durably(draft, self._parts.edges(self._tokens).tobytes())
            draft.replace(path)
        edges = np.fromfile(path, dtype=np.int64)
        # A wrong edge between right ones is found where a part is opened that it bounds.
        if len(edges) != len(self._parts) + 1 or edges[-1] != self._piece.tokens or (np.diff(edges) < 0).any():
            raise self._damaged()
        return edges

    def _damaged(self) -> WorkError:
        return WorkError(f"{self._path}: is not where the parts of {self._piece.name} begin; remove the file")


def problems(path: Path, piece: SliceFile, parts: Parts) -> Iterator[str]:
    """Add up the parts again and yield the file that holds something else."""
    if path.is_file() and path.read_bytes() != parts.edges(piece.documents["tokens"]).tobytes():
        yield f"{path}: is not where the parts of {piece.name} begin"
