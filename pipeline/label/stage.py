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
from pipeline.label.measuring import Measuring
from pipeline.label.signal import Surroundings
from pipeline.label.signals import AnySignal
from pipeline.label.summary import summary
from pipeline.pieces.everywhere import finish
from pipeline.pieces.piece import cut
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
    def extras(self) -> tuple[str, ...]:  # type: ignore[override]
        """The libraries of labelling, and the signal's own."""
        return ("data", *self.signal.extras)

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
        around = Surroundings(self.corpus.data, where.root, source)
        work = Measuring(draft / SCRATCH / "pieces", self.signal, around)
        pieces = list(cut(self.corpus.folder(where.root)))
        finish(pieces, work, draft, where, title=f"labelling {source} by {self.signal.kind}")
        with pq.ParquetWriter(draft / LABELS, work.schema, compression=corpus.COMPRESSION) as writer:
            for piece in pieces:
                writer.write_table(work.labels(piece))
        values = summary(lambda: map(work.labels, pieces), work.schema)
        return {"documents": sum(piece.rows for piece in pieces), "values": values}
