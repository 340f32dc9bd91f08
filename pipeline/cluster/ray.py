"""Tasks on a Ray cluster, by datatrove's executor, which does not say what went wrong: here the error is raised."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datatrove.executor import RayPipelineExecutor
from datatrove.utils.stats import PipelineStats

from pipeline.cluster.task import Tasks, raise_noted
from pipeline.errors import UserError, WorkError
from pipeline.owner import die_with
from pipeline.site import Ray


class RayExecutor(Tasks, RayPipelineExecutor):
    """datatrove's Ray executor, which raises what its tasks raised."""

    def __init__(self, steps: Sequence[Any], tasks: int, logs: Path, settings: Ray) -> None:
        super().__init__(
            list(steps),
            tasks,
            workers=settings.tasks or -1,
            cpus_per_task=settings.cpus,
            gpus_per_task=settings.gpus,
            mem_per_cpu_gb=settings.memory_gb / settings.cpus,
            logging_dir=str(logs),
        )
        self.logs, self._settings = logs, settings

    def run(self) -> None:
        """Do what is left; raise the first noted error, or WorkError where a task is missing."""
        ranks = self.get_incomplete_ranks()
        if not ranks:
            return
        connect(self._settings)
        super().run()
        raise_noted(self.logs)
        if left := self.get_incomplete_ranks(ranks):
            raise WorkError(
                f"{len(left)} of {len(ranks)} tasks were not completed by Ray; complete ones are kept, and the next "
                f"run goes on from there (logs: {self.logs / 'logs'})"
            )

    def _run_for_rank(self, rank: int, local_rank: int = 0, node_rank: int = -1) -> PipelineStats:
        die_with(os.getppid())  # a worker's child would outlive it
        return super()._run_for_rank(rank, local_rank, node_rank)


def connect(settings: Ray) -> None:
    """Join the site's cluster, or start one here; raise UserError where none answers."""
    import ray

    if ray.is_initialized():
        return
    try:
        ray.init(address=settings.address, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    except Exception as error:  # Ray raises bare ones too
        if settings.address is None:
            raise WorkError(f"Ray could not be started here: {error}") from error
        raise UserError(f"ray.address: {settings.address}: no Ray cluster answers there: {error}") from error
