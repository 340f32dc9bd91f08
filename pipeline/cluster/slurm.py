"""Tasks as one Slurm job array, by datatrove's executor; this process submits it and waits.

datatrove cuts more tasks than an array may hold into several arrays, and then waits for the last alone. Here a job of
the array does several tasks instead, so that there is always one array, and no job is too small to be worth its start.
"""

from __future__ import annotations

import math
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from datatrove.executor import SlurmPipelineExecutor

from pipeline.cluster import jobs
from pipeline.cluster.task import Tasks, raise_noted
from pipeline.errors import WorkError
from pipeline.site import Slurm

_POLL_SECONDS = 2.0
_SETTLE_SECONDS = 20.0
"""How long a shared file system may take to show what a finished job wrote."""
_TAIL = 5
"""Lines shown of the log of a job that ended without a word."""


class SlurmExecutor(Tasks, SlurmPipelineExecutor):
    """datatrove's Slurm executor, which waits for its tasks."""

    def __init__(
        self,
        steps: Sequence[Any],
        tasks: int,
        logs: Path,
        settings: Slurm,
        note: Path,
        say: Callable[[str], None],
        most_jobs: int,
    ) -> None:
        super().__init__(
            list(steps),
            tasks,
            time=settings.time,
            partition=settings.partition,
            cpus_per_task=settings.cpus,
            mem_per_cpu_gb=math.ceil(settings.memory_gb / settings.cpus),
            workers=settings.jobs or -1,
            job_name=f"headwater-{note.name.removesuffix('.draft')}",
            qos=settings.qos or "",
            env_command=settings.environment or f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH",
            sbatch_args={"account": settings.account, **settings.options} if settings.account else settings.options,
            max_array_size=settings.longest_array,
            logging_dir=str(logs),
            with_srun=False,
            requeue_signals=(),  # Slurm requeues an element itself; datatrove names the last one as the whole array
        )
        self.logs, self._note, self._say, self._most_jobs = logs, note, say, min(most_jobs, settings.longest_array)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what only the waiting process needs."""
        return {**self.__dict__, "_say": None}

    def run(self) -> None:
        """Inside a job: do its tasks. Outside: submit what is left, and return when all is complete.

        Raises the error of the first task that noted one, or WorkError where a job ended without finishing.
        """
        if "SLURM_ARRAY_TASK_ID" in os.environ:
            super().run()
            return
        ranks = self.get_incomplete_ranks()
        if not ranks:
            return
        self.tasks_per_job = math.ceil(len(ranks) / self._most_jobs)
        try:
            self.launch_job()
        except (OSError, subprocess.CalledProcessError) as error:
            raise WorkError(f"sbatch did not take the job array: {error}") from error
        self._note.parent.mkdir(exist_ok=True)
        self._note.write_text(str(self.job_id))
        try:
            self._wait(str(self.job_id), ranks)
            jobs.wait(str(self.job_id), _SETTLE_SECONDS)  # else its last tasks would be listed as cancelled
        finally:
            jobs.end(str(self.job_id))
            self._note.unlink()

    def launch_merge_stats(self) -> None:
        """Launch nothing: counts come from what was written."""

    def _wait(self, job: str, ranks: list[int]) -> None:
        said = ""
        while self.get_incomplete_ranks(ranks):
            raise_noted(self.logs)
            state = jobs.state(job)
            if state is None:
                self._settle(job, ranks)
                return
            if state != said:
                self._say(f"  Slurm job {job}: {state}")
                said = state
            time.sleep(_POLL_SECONDS)

    def _settle(self, job: str, ranks: list[int]) -> None:
        """The job has ended: wait for its last marks, then raise for those that are missing."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        while (left := self.get_incomplete_ranks(ranks)) and time.monotonic() < deadline:
            raise_noted(self.logs)
            time.sleep(_POLL_SECONDS)
        if left:
            raise WorkError(
                f"Slurm job {job} has ended, and {len(left)} of {len(ranks)} tasks are not complete, most likely for "
                f"want of time or memory (slurm.time, slurm.memory_gb of the site file); complete tasks are kept, and "
                f"the next run goes on from there\n{self._last_words(job, ranks.index(left[0]))}"
            )

    def _last_words(self, job: str, place: int) -> str:
        path = Path(self.slurm_logs_folder) / f"{job}_{place // self.tasks_per_job}.out"
        if not path.is_file():
            return f"{path}: not there: the job did not begin, or its node does not share this file system"
        lines = [line for line in path.read_text(errors="replace").splitlines() if line.strip()]
        return "\n".join([f"{path}:", *lines[-_TAIL:]])
