"""Origins: for many sequences at once, where every token comes from, as a table of one row a piece.

It says what `headwater trace` says. The label token that ends a sequence is the next one's first and is not repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.stream.document_ids import DocumentIds, Integers, open_ids
from pipeline.stream.gather import gather
from pipeline.stream.placements import Placements
from pipeline.stream.reader import Batch
from pipeline.stream.slice_table import SliceFile
from pipeline.stream.strings import Strings

SCHEMA = pa.schema(
    [
        ("position", pa.int64()),
        ("slice", pa.dictionary(pa.int32(), pa.string())),
        ("epoch", pa.int32()),
        ("offset", pa.int64()),
        ("source", pa.dictionary(pa.int32(), pa.string())),
        ("document", pa.large_string()),
        ("first_token", pa.int32()),
        ("tokens", pa.int32()),
    ]
)
"""``position`` counts sequences over the run, ``epoch`` and ``offset`` say where the sequence begins on its slice's
string, ``first_token`` and ``tokens`` which part of the document the piece is. Pieces are in reading order."""


@dataclass
class Origins:
    """Makes these tables for one run."""

    root: Path
    slices: Mapping[str, SliceFile]
    strings: Strings
    fingerprints: Mapping[str, str]
    """Source -> fingerprint of its tokens."""
    _ids: dict[str, DocumentIds] = field(default_factory=dict)

    def table(self, batch: Batch) -> pa.Table:
        """Return the pieces of a batch, in the columns of ``SCHEMA``."""
        placed, pieces = batch.placements, batch.pieces.of_documents()
        names = sorted(self.slices)
        sources = sorted({piece.source for piece in self.slices.values()})
        slice_of = np.array([names.index(name) for name in placed.names], dtype=np.int32)
        source_of = np.array([sources.index(self.slices[name].source) for name in placed.names], dtype=np.int32)
        epochs, offsets = self._located(placed)
        of = pieces.sequence
        columns = [
            placed.positions[of],
            _dictionary(slice_of[pieces.slice], names),
            epochs[of].astype(np.int32),
            offsets[of],
            _dictionary(source_of[pieces.slice], sources),
            self._documents(source_of[pieces.slice], sources, pieces.row),
            pieces.first.astype(np.int32),
            pieces.tokens.astype(np.int32),
        ]
        return pa.table([pa.array(c) if isinstance(c, np.ndarray) else c for c in columns], schema=SCHEMA)

    def _located(self, placed: Placements) -> tuple[Integers, Integers]:
        """Return (epoch, offset) of every sequence's first token."""
        by_slice = np.argsort(placed.which, kind="stable")
        counts = np.bincount(placed.which, minlength=len(placed.names))
        begins = placed.begins[by_slice]
        located = [
            self.strings.locate_all(name, part)
            for name, part in zip(placed.names, np.split(begins, np.cumsum(counts)[:-1]), strict=True)
            if len(part)
        ]
        epochs, offsets = np.empty_like(begins), np.empty_like(begins)
        epochs[by_slice] = np.concatenate([epoch for epoch, _ in located])
        offsets[by_slice] = np.concatenate([offset for _, offset in located])
        return epochs, offsets

    def _documents(self, which: Any, sources: list[str], rows: Integers) -> pa.Array:
        """Return the id of each row, each in the source with that index."""
        addresses, lengths = np.empty(len(rows), dtype=np.int64), np.empty(len(rows), dtype=np.int64)
        for index in np.flatnonzero(np.bincount(which)).tolist():
            mine = slice(None) if len(sources) == 1 else np.flatnonzero(which == index)
            addresses[mine], lengths[mine] = self._open(sources[index]).addresses(rows[mine])
        ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        text = gather(addresses, lengths)
        return pa.LargeStringArray.from_buffers(len(rows), pa.py_buffer(ends), pa.py_buffer(text))

    def _open(self, source: str) -> DocumentIds:
        if source not in self._ids:
            table = self.root / "tokens" / source / "documents.parquet"
            self._ids[source] = open_ids(self.root / "cache" / "ids", table, self.fingerprints[source])
        return self._ids[source]


def _dictionary(indices: Any, names: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32()), pa.array(names, pa.string()))
