"""Labelling: one signal of one corpus, a row a document in the corpus's order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.artifact import SCRATCH
from pipeline.clean import corpus
from pipeline.clean.stage import CleanStage
from pipeline.label.pieces import Piece, cut, schema_of
from pipeline.label.side_by_side import label_all
from pipeline.label.signal import Surroundings
from pipeline.label.signals import AnySignal
from pipeline.label.summary import summary
from pipeline.stage import Stage, Where

LABELS = "labels.parquet"


@dataclass(frozen=True)
class LabelStage(Stage):
    """Makes ``labels/<source>/<signal>``: ``labels.parquet`` with ``id`` and the signal's columns."""

    kind = "labels"
    verb = "label"
    format = 2

    corpus: CleanStage
    signal: AnySignal
    needs: tuple[Stage, ...] = ()
    """What the signal reads besides the corpus."""

    @property
    def name(self) -> str:
        """The artifact's folder."""
        return f"labels/{self.corpus.source_name}/{self.signal.kind}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """The signal's settings."""
        return self.signal.identity

    @property
    def stages(self) -> Sequence[Stage]:
        """The corpus, and what the signal reads besides."""
        return (self.corpus, *self.needs)

    def files(self) -> Mapping[str, str]:
        """Return the fingerprints of the signal's own files, such as a checkpoint."""
        return self.signal.files(self.corpus.data, self.corpus.cache)

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Measure piece by piece, and put the pieces together."""
        source = self.corpus.source_name
        around = Surroundings(self.corpus.data, where.root, source, where.workers)
        folder = draft / SCRATCH / "pieces"
        folder.mkdir(parents=True, exist_ok=True)
        pieces = list(cut(self.corpus.folder(where.root)))
        waiting = [piece for piece in pieces if not piece.file(folder).is_file()]
        documents = sum(piece.rows for piece in pieces)
        with where.progress.task(f"labelling {source} by {self.signal.kind}", documents, "documents") as task:
            task.skip(documents - sum(piece.rows for piece in waiting))
            if waiting:
                for piece in label_all(waiting, self.signal, around, folder):
                    task.advance(piece.rows)
        self._put_together(pieces, folder, draft)
        schema = schema_of(self.signal)
        values = summary(lambda: (pq.read_table(piece.file(folder), schema=schema) for piece in pieces), schema)
        return {"documents": documents, "values": values}

    def _put_together(self, pieces: Sequence[Piece], folder: Path, draft: Path) -> None:
        schema = schema_of(self.signal)
        with pq.ParquetWriter(draft / LABELS, schema, compression=corpus.COMPRESSION) as writer:
            for piece in pieces:
                writer.write_table(pq.read_table(piece.file(folder), schema=schema))
