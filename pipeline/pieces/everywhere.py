"""All pieces of a corpus worked on, by this machine or by the jobs of a cluster, with progress; finished ones are kept.

A job takes a run of pieces that follow each other, so that what the work loads is loaded once a job. The runs are cut
anew each time from the pieces that are left: it is a piece that is done or not, never a run.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from pipeline.artifact import SCRATCH
from pipeline.pieces import side_by_side
from pipeline.pieces.piece import Piece
from pipeline.pieces.work import Work
from pipeline.site import Cluster, Slurm
from pipeline.stage import Where

MOST_JOBS = 1000
"""Jobs that the pieces of one corpus are shared among, at most."""


def finish(pieces: Sequence[Piece], work: Work, draft: Path, where: Where, *, title: str) -> None:
    """Do the work on every piece that has no result yet."""
    work.folder.mkdir(parents=True, exist_ok=True)
    left = [piece for piece in pieces if not work.result(piece).is_file()]
    if not left:
        return
    if where.cluster and len(runs := _runs(left, where.cluster)) > 1:
        _on_cluster(runs, work, draft, where, where.cluster, title)
        return
    rows, rows_left = (sum(piece.rows for piece in some) for some in (pieces, left))
    with where.progress.task(title, rows, "documents") as task:
        task.skip(rows - rows_left)
        for piece in side_by_side.work_through(left, work, where.workers):
            task.advance(piece.rows)


def _on_cluster(
    runs: Sequence[Sequence[Piece]], work: Work, draft: Path, where: Where, cluster: Cluster, title: str
) -> None:
    from pipeline.cluster.executor import PROGRESS, execute
    from pipeline.pieces.step import WorkStep

    logs = draft / SCRATCH / "jobs"
    shutil.rmtree(logs, ignore_errors=True)  # marks of other runs of pieces
    total = float(sum(piece.rows for run in runs for piece in run))
    step = WorkStep(work, runs, cluster.cpus, logs / PROGRESS)
    execute([step], len(runs), where, logs, title=title, total=total, unit="documents", worth=total / len(runs))


def _runs(pieces: Sequence[Piece], cluster: Cluster) -> list[list[Piece]]:
    """Cut pieces into runs of about as many bytes, each worth a job."""
    most = min(MOST_JOBS, cluster.longest_array) if isinstance(cluster, Slurm) else MOST_JOBS
    total = sum(piece.bytes for piece in pieces)
    count, before = max(1, min(most, len(pieces), total // side_by_side.WORTH)), 0
    runs: list[list[Piece]] = [[] for _ in range(count)]
    for piece in pieces:
        runs[before * count // max(total, 1)].append(piece)
        before += piece.bytes
    return [run for run in runs if run]
