"""What a site says of the jobs of a chain: those that train, and those that drive data stages."""

from __future__ import annotations

from pydantic import Field

from curricula.settings import Settings
from pipeline.launch.container import Container, NoContainer

TIME = r"^(\d+-)?\d+(:\d+){0,2}$"
"""A time limit as sbatch takes it."""
_MINUTE = 60


def seconds_of(time: str) -> int:
    """Return a time limit in seconds: minutes[:seconds], hours:minutes:seconds, days-hours[:minutes[:seconds]]."""
    days, dash, rest = time.rpartition("-")
    parts = [int(part) for part in rest.split(":")]
    if dash:
        parts += [0] * (3 - len(parts))
    elif len(parts) < 3:
        parts = [0, *parts] + [0] * (2 - len(parts))
    hours, minutes, seconds = parts
    return ((int(days or 0) * 24 + hours) * _MINUTE + minutes) * _MINUTE + seconds


class JobSettings(Settings):
    """What is asked for one job; what is left out is as for the tasks of data stages."""

    partition: str | None = None
    """Where it runs."""
    time: str | None = Field(default=None, pattern=TIME)
    """Limit of one start; a job that stops before its limit because it was asked to goes back into the queue."""
    warning: int = Field(default=600, ge=1)
    """Seconds before the limit at which it is asked to stop, to save, and to be requeued."""
    cpus: int | None = Field(default=None, ge=1)
    """Cores of each node."""
    memory_gb: int | None = Field(default=None, ge=1)
    """Memory of each node."""
    environment: str | None = None
    """Shell command that its script begins with."""
    options: dict[str, str] = {}
    """Further options of sbatch, besides those of all jobs: ``gres: "gpu:8"`` becomes ``--gres=gpu:8``."""


class Driver(JobSettings):
    """The job of a data stage: it submits the stage's arrays, waits, and does what needs all documents at once."""

    warning: int = Field(default=60, ge=1)
    """As for every job; there is little to save."""


class Training(JobSettings):
    """The job that trains: one launcher on each node, which starts the node's processes.

    Without ``cpus`` and ``memory_gb`` it has whole nodes to itself.
    """

    gpus: int = Field(default=0, ge=0)
    """GPUs of each node (``--gpus-per-node``)."""
    processes: int | None = Field(default=None, ge=1)
    """Processes on each node; None: one for each GPU, or one."""
    container: Container = NoContainer()
    """What the processes run in."""

    @property
    def processes_of_node(self) -> int:
        """Processes that each launcher starts."""
        return self.processes or max(1, self.gpus)
