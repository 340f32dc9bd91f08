"""A task of an executor: its steps copied for it alone, and its error noted where the run that waits can read it."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from datatrove.executor.base import PipelineExecutor
from datatrove.utils.stats import PipelineStats

from pipeline.errors import UserError, WorkError

ERRORS = "errors"
"""Folder below the log folder."""


class Tasks(PipelineExecutor):
    """What our executors add to datatrove's."""

    pipeline: list[Any]
    logs: Path

    def _run_for_rank(self, rank: int, local_rank: int = 0, node_rank: int = -1) -> PipelineStats:
        steps = self.pipeline
        self.pipeline = deepcopy(steps)  # steps keep counts and open files, which belong to one task
        try:
            return super()._run_for_rank(rank, local_rank, node_rank)
        except Exception as error:
            _note(self.logs / ERRORS / f"{rank:05d}.json", error)
            raise
        finally:
            self.pipeline = steps

    def save_executor_as_json(self, indent: int = 4) -> None:
        """Write nothing: the recipe says it all."""


def _note(path: Path, error: Exception) -> None:
    path.parent.mkdir(exist_ok=True)
    known = isinstance(error, UserError | WorkError)
    kind = "UserError" if isinstance(error, UserError) else "WorkError"
    said = str(error) if known else f"{path.stem}: {type(error).__name__}: {error}"
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps({"kind": kind, "said": said}))
    draft.replace(path)


def forget_errors(logs: Path) -> None:
    """Remove what earlier runs noted."""
    for path in (logs / ERRORS).glob("*"):
        path.unlink()


def raise_noted(logs: Path) -> None:
    """Raise the error of the first task that noted one."""
    for path in sorted((logs / ERRORS).glob("*.json")):
        noted = json.loads(path.read_text())
        raise (UserError if noted["kind"] == "UserError" else WorkError)(noted["said"])
