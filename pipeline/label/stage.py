"""Labelling: one signal of one corpus, a row a document in the corpus's order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.clean import corpus
from pipeline.clean.stage import CleanStage
from pipeline.errors import WorkError
from pipeline.label.signals import AnySignal
from pipeline.stage import Stage, Where

LABELS = "labels.parquet"
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class LabelStage(Stage):
    """Makes ``labels/<source>/<signal>``: ``labels.parquet`` with ``id`` and the signal's columns."""

    kind = "labels"
    verb = "label"

    corpus: CleanStage
    signal: AnySignal

    @property
    def name(self) -> str:
        """The artifact's folder."""
        return f"labels/{self.corpus.source_name}/{self.signal.kind}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """The signal's settings."""
        return self.signal.model_dump(mode="json")

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The corpus."""
        return (self.corpus,)

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Measure batch by batch; threads help where a signal's work is done outside Python."""
        folder = self.corpus.folder(where.root)
        documents = 0
        schema = pa.schema([("id", pa.string()), *((n, _type(d)) for n, d in self.signal.columns.items())])
        title = f"labelling {self.corpus.source_name} by {self.signal.kind}"
        with (
            where.progress.task(title, corpus.num_documents(folder), "documents") as task,
            pq.ParquetWriter(draft / LABELS, schema, compression=corpus.COMPRESSION) as writer,
        ):
            for table in _mapped(self._measure, corpus.batches(folder, corpus.SCHEMA.names), where.workers):
                writer.write_table(table.cast(schema))
                documents += len(table)
                task.advance(len(table))
        return {"documents": documents}

    def _measure(self, batch: pa.RecordBatch) -> pa.Table:
        rows = corpus.rows(batch)
        columns = self.signal.measure([row.pop("text") for row in rows], rows)
        for name, values in columns.items():
            if len(values) != len(rows):
                raise WorkError(f"{self.name}: {name}: {len(values)} values for {len(rows)} documents")
        return pa.table({"id": batch["id"], **{name: pa.array(columns[name]) for name in self.signal.columns}})


def _type(dtype: np.dtype[Any]) -> pa.DataType:
    return pa.string() if dtype == np.dtype(object) else pa.from_numpy_dtype(dtype)


def _mapped(function: Callable[[_Item], _Result], items: Iterable[_Item], workers: int) -> Iterator[_Result]:
    """Yield results in order, with no more than two batches a worker in memory."""
    with ThreadPoolExecutor(max(workers, 1)) as pool:
        waiting: deque[Future[_Result]] = deque()
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
