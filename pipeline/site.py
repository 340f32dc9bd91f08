"""A site: how a cluster is asked for machines. It decides no bytes, so it is a file of its own, beside the recipes."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from curricula.settings import Settings
from pipeline.errors import UserError
from pipeline.launch.settings import TIME, Driver, Training
from pipeline.recipe_errors import describe
from pipeline.yaml_file import YamlFile

FILE = "site.yaml"
"""Read from the current folder where no other is named."""
VARIABLE = "HEADWATER_SITE"


class Slurm(Settings):
    """Jobs of a cluster. Root, raw files and this installation lie where every node sees them.

    All but the last three keys are about the tasks of data stages, job arrays; the others follow them where they can.
    """

    partition: str
    """Where jobs run."""
    time: str = Field(default="24:00:00", pattern=TIME)
    """Limit of one job, as sbatch takes it."""
    cpus: int = Field(default=1, ge=1)
    """Cores of a job. Tokenizers and models use all of them; other tasks use one, and more only bring memory."""
    memory_gb: int = Field(default=4, ge=1)
    """Memory of a job."""
    jobs: int | None = Field(default=None, ge=1)
    """Most jobs at a time; None leaves it to Slurm."""
    longest_array: int = Field(default=1000, ge=1)
    """Most jobs of an array (Slurm's ``MaxArraySize``, less one); with more tasks, a job does several."""
    account: str | None = None
    """Who pays."""
    qos: str | None = None
    """Quality of service."""
    environment: str | None = None
    """Shell command that each job begins with and that leads to Headwater; None: this very environment."""
    options: dict[str, str] = {}
    """Further options of sbatch: ``constraint: cpu`` becomes ``--constraint=cpu``."""
    driver: Driver = Driver()
    """The jobs that submit the arrays."""
    training: Training = Training()
    """The jobs that train, export and evaluate."""
    points: Training | None = None
    """The jobs of an experiment's points, a node for each; None: as ``training``, but one process and one GPU."""

    @property
    def of_points(self) -> Training:
        """What is asked for the job of a point."""
        return self.points or self.training.model_copy(update={"gpus": min(self.training.gpus, 1), "processes": 1})


class Ray(Settings):
    """Tasks on a Ray cluster. Root and raw files lie where every node sees them."""

    address: str | None = None
    """A running cluster, such as ``auto`` or ``ray://head:10001``; None asks RAY_ADDRESS, or starts one here."""
    cpus: int = Field(default=1, ge=1)
    """Cores reserved for a task; tokenizers and models use all of them."""
    gpus: int = Field(default=0, ge=0)
    """GPUs reserved for a task: for labels that ask a model, and for the points of an experiment."""
    memory_gb: float = Field(default=2.0, gt=0)
    """Memory reserved for a task."""
    tasks: int | None = Field(default=None, ge=1)
    """Most tasks at a time; None leaves it to Ray."""


class Site(Settings):
    """What a site file may say."""

    slurm: Slurm | None = None
    """For ``--on slurm``."""
    ray: Ray = Ray()
    """For ``--on ray``."""


Cluster = Slurm | Ray


def cluster(on: Literal["local", "slurm", "ray"], path: Path | None, *, asks: bool = True) -> Cluster | None:
    """Return how to ask for machines, None for this one; raise UserError where that is not possible from here.

    ``asks`` tells whether they will be asked for at all.
    """
    if on == "local":
        return None
    place = path or Path(os.environ.get(VARIABLE, FILE))
    site = load(place) if path or VARIABLE in os.environ or place.is_file() else Site()
    return _slurm(site, place, asks) if on == "slurm" else _ray(site)


def load(path: Path) -> Site:
    """Read a site file; raise UserError with every problem, one a line."""
    file = YamlFile(path)
    problems, site = list(file.problems), Site()
    try:
        site = Site.model_validate(file.data or {})
    except ValidationError as error:
        problems += [line for detail in error.errors() if (line := describe(detail, file, Site))]
    if problems:
        raise UserError("\n".join(problems))
    return site


def _slurm(site: Site, path: Path, asks: bool) -> Slurm:
    if site.slurm is None:
        raise UserError(f"--on slurm: {path} must name a partition, such as `slurm: {{partition: cpu}}` (--site FILE)")
    missing = [command for command in ("sbatch", "squeue", "scancel") if shutil.which(command) is None]
    if missing and asks:
        raise UserError(
            f"--on slurm: no {', '.join(missing)} on this machine; start on a login node of the cluster, or --on local"
        )
    if "SLURM_ARRAY_TASK_ID" in os.environ:
        raise UserError("--on slurm: this is a task of a job array already; submit from a login node, or --on local")
    return site.slurm


def _ray(site: Site) -> Ray:
    if importlib.util.find_spec("ray") is None:
        raise UserError("--on ray: Ray is not installed here: pip install 'headwater[ray]'")
    return site.ray
