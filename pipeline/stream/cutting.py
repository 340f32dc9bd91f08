"""Cutting: the documents of one tokenised source in corpus order, batch by batch, and the slice of each.

Only tables are read, never tokens, and no more than one batch is in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import UserError
from pipeline.label.stage import LABELS, LabelStage
from pipeline.stream.buckets import Cut, Edges, buckets_of
from pipeline.stream.quantiles import Floats, quantile_edges
from pipeline.stream.source_tokens import SourceTokens
from pipeline.tokens.split import TRAIN, is_kept
from pipeline.tokens.stage import DOCUMENTS, TokenizeStage

BATCH = 1 << 16
Keys = tuple[tuple[str, str], ...]
Batch = Mapping[str, npt.NDArray[Any]]
"""Columns ``row``, ``id``, ``tokens``, ``start``, and ``label <column>`` for every label in use."""


@dataclass(frozen=True)
class Part:
    """One source as the stream sees it: its tokens and the labels that cut or order it."""

    tokens: TokenizeStage
    source: str
    labels: Mapping[str, LabelStage]
    """Column -> the stage that makes it, for the columns in ``keys`` and ``signal``."""
    keys: tuple[Cut, ...]
    signal: str | None
    """Column that the source's order sorts by."""
    keep: float = 1.0
    """Share of the training documents that belong to the stream; edges of buckets are those of all of them."""

    @property
    def settings(self) -> dict[str, Any]:
        """What decides which documents are in which slice, as JSON values."""
        return {"keys": [key.model_dump() for key in self.keys], "signal": self.signal, "keep": self.keep}

    @property
    def columns(self) -> tuple[str, ...]:
        """The label columns in use, each once."""
        return tuple(dict.fromkeys([*(cut.column for cut in self.keys), *([self.signal] if self.signal else [])]))


def edges_of(part: Part, root: Path) -> dict[str, Edges]:
    """Return column -> the bounds between its buckets: the recipe's, or quantiles of the training documents."""
    edges: dict[str, Edges] = {}
    for cut in part.keys:
        if cut.edges is not None:
            edges[cut.column] = cut.edges
        elif cut.quantiles is not None:
            edges[cut.column] = quantile_edges(partial(_numbers, part, cut.column, root), cut.quantiles)
    return edges


def batches(part: Part, split: str, root: Path) -> Iterator[Batch]:
    """Yield the columns of one split's documents in corpus order, with the labels joined row by row."""
    folder = part.tokens.folder(root)
    starts = _shard_starts(folder, split)
    readers = [_columns(folder / DOCUMENTS, ["id", "split", "shard", "offset", "tokens"])]
    readers += [_columns(_table_of(part, column, root), ["id", column]) for column in part.columns]
    row = 0
    for documents, *labels in zip(*readers, strict=True):
        for table in labels:
            if not table["id"].equals(documents["id"]):
                raise UserError(f"{folder}: labels are of other documents than the tokens; run the label stage again")
        mine = documents["split"].to_numpy(zero_copy_only=False) == split
        if split == TRAIN and part.keep < 1.0:
            mine[mine] = [is_kept(id, part.keep) for id in documents["id"].to_numpy(zero_copy_only=False)[mine]]
        columns = {
            "row": np.arange(row, row + len(mine))[mine],
            "id": documents["id"].to_numpy(zero_copy_only=False)[mine],
            "tokens": documents["tokens"].to_numpy()[mine],
            "start": starts[documents["shard"].to_numpy()[mine]] + documents["offset"].to_numpy()[mine],
        }
        for column, table in zip(part.columns, labels, strict=True):
            columns[f"label {column}"] = table[column].to_numpy(zero_copy_only=False)[mine]
        row += len(mine)
        if mine.any():
            yield columns


def cut(batch: Batch, part: Part, edges: Mapping[str, Edges]) -> Iterator[tuple[Keys, npt.NDArray[np.int64]]]:
    """Yield (keys, positions in the batch) of every slice that the batch touches."""
    size = len(batch["row"])
    codes, names = np.zeros((size, len(part.keys)), dtype=np.int64), []
    for i, key in enumerate(part.keys):
        values = batch[f"label {key.column}"]
        if key.is_bucketed:
            names.append(key.names)
            codes[:, i] = buckets_of(values, key, edges[key.column])
        else:
            words, codes[:, i] = np.unique(np.array(list(map(str, values))), return_inverse=True)
            names.append(tuple(map(str, words)))
    unique, which = np.unique(codes, axis=0, return_inverse=True)
    for i, combination in enumerate(unique):
        keys = tuple((k.column, n[c]) for k, n, c in zip(part.keys, names, combination, strict=True))
        yield keys, np.flatnonzero(which.reshape(-1) == i)


def _numbers(part: Part, column: str, root: Path) -> Iterator[Floats]:
    """Yield a label of the training documents, as doubles."""
    splits = _columns(part.tokens.folder(root) / DOCUMENTS, ["split"])
    for documents, labels in zip(splits, _columns(_table_of(part, column, root), [column]), strict=True):
        mine = documents["split"].to_numpy(zero_copy_only=False) == TRAIN
        yield labels[column].to_numpy(zero_copy_only=False)[mine].astype(np.float64)


def _table_of(part: Part, column: str, root: Path) -> Path:
    return part.labels[column].folder(root) / LABELS


def _columns(path: Path, names: list[str]) -> Iterator[pa.Table]:
    for batch in pq.ParquetFile(path).iter_batches(batch_size=BATCH, columns=names):
        yield pa.Table.from_batches([batch]).combine_chunks()


def _shard_starts(folder: Path, split: str) -> npt.NDArray[np.int64]:
    """Return the offset of each shard of a split when they are laid end to end, in tokens."""
    sizes = [len(shard) for shard in SourceTokens(folder, split).shards]
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)
