"""The border to datatrove: a work on runs of pieces as the only step of its pipeline, a run a task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from datatrove.data import Document, DocumentsPipeline
from datatrove.pipeline.base import PipelineStep

from pipeline.pieces.piece import Piece
from pipeline.pieces.side_by_side import work_through
from pipeline.pieces.work import Work


class WorkStep(PipelineStep):
    """Does the work on the pieces of one run; no document goes through it."""

    type = "WORK"
    name = "pieces"

    def __init__(self, work: Work, runs: Sequence[Sequence[Piece]], cores: int, progress: Path) -> None:
        super().__init__()
        self.work, self.runs, self.cores, self.progress = work, runs, cores, progress

    def run(self, data: DocumentsPipeline = None, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Work, and note the documents that are done after each piece."""
        done = 0
        left = [piece for piece in self.runs[rank] if not self.work.result(piece).is_file()]
        for piece in work_through(left, self.work, self.cores):
            done += piece.rows
            (self.progress / f"{rank:05d}").write_text(str(done))
        yield from ()
