"""Label columns beside a corpus, read in the corpus's order.

A column of numbers is read whole, 4 bytes a document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from pipeline.clean import corpus
from pipeline.errors import UserError


@dataclass(frozen=True)
class Labelled:
    """A corpus and its label tables."""

    corpus: Path
    tables: Mapping[str, Path]
    """Column -> the table that holds it."""

    def rows(self, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield the corpus's documents."""
        return (row for batch in corpus.batches(self.corpus, columns) for row in corpus.rows(batch))

    def texts(self, rows: Sequence[int]) -> dict[int, str]:
        """Return place in the corpus -> text of these documents, reading only the row groups that they lie in."""
        wanted = np.array(sorted(rows), dtype=np.int64)
        return {row: text for some, texts in self.batches(wanted) for row, text in zip(some, texts, strict=True)}

    def batches(self, rows: npt.NDArray[np.int64]) -> Iterator[tuple[list[int], list[str]]]:
        """Yield places and texts of these documents, which rise, a row group at a time."""
        begin = 0
        for part in corpus.parts(self.corpus):
            file = pq.ParquetFile(part)
            for group in range(file.num_row_groups):
                end = begin + file.metadata.row_group(group).num_rows
                own = rows[np.searchsorted(rows, begin) : np.searchsorted(rows, end)]
                if len(own):
                    texts = file.read_row_group(group, columns=["text"])["text"].take(own - begin)
                    yield own.tolist(), texts.to_pylist()
                begin = end

    def values(self, column: str) -> Iterator[Any]:
        """Yield a label of every document; raise UserError where the table is of another corpus."""
        path = self.tables[column]
        ids = (id for batch in corpus.batches(self.corpus, ["id"]) for id in batch["id"].to_pylist())
        batches = pq.ParquetFile(path).iter_batches(columns=["id", column])
        labels = (row for batch in batches for row in batch.to_pylist())
        for id, label in zip(ids, labels, strict=True):
            if id != label["id"]:
                raise UserError(f"{path}: is of another corpus: {label['id']} stands where {self.corpus} has {id}")
            yield label[column]

    def numbers(self, column: str) -> npt.NDArray[np.float32]:
        """Return a column of numbers, a value a document, NaN where there is none."""
        return np.fromiter((float("nan") if value is None else value for value in self.values(column)), np.float32)
