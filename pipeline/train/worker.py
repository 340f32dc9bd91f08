"""The process that trains, exports or evaluates: ``python -m pipeline.train.worker JOB``, also under torchrun."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pipeline.errors import UserError, WorkError
from pipeline.owner import die_with
from pipeline.train.job import OWNER, USER_ERROR, Job, read_job
from pipeline.train.quiet import quiet


def main(arguments: list[str]) -> int:
    """Carry out a job; user errors and failures are written where the starting process finds them."""
    quiet()
    if owner := os.environ.get(OWNER):
        die_with(int(owner))
    job = read_job(Path(arguments[0]))
    try:
        return _carry_out(job)
    except UserError as error:
        _leave(job, f"user: {error}")
        return USER_ERROR
    except WorkError as error:
        _leave(job, f"work: {error}")
        return 1
    except OSError as error:
        _leave(job, f"{error.filename or job.draft}: {error.strerror or error}")
        return 1


def _carry_out(job: Job) -> int:
    if job.verb == "train":
        from pipeline.train.loop import train

        if not train(job) and _is_first():
            job.stop_was_obeyed()
        return 0
    if job.verb == "export":
        from pipeline.train.export import export

        export(job)
        return 0
    from pipeline.train.evaluation import evaluate

    evaluate(job)
    return 0


def _is_first() -> bool:
    return os.environ.get("RANK", "0") == "0"


def _leave(job: Job, text: str) -> None:
    if _is_first():
        (job.draft / "scratch" / "error.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
