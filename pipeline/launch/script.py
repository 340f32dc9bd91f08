"""A script: what sbatch is given for one part of a chain, filled into a template that an administrator can read."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from pipeline.errors import UserError
from pipeline.launch.chain import Part
from pipeline.launch.settings import Driver, JobSettings, seconds_of
from pipeline.site import Slurm
from pipeline.train.layout import Layout

_SLOT = re.compile(r"\{\{ (\w+) \}\}")


@dataclass(frozen=True)
class Submission:
    """What all scripts of a chain have in common."""

    name: str
    """Of the recipe."""
    folder: Path
    """Where scripts, logs and copies of the recipe and the site file lie."""
    root: Path
    data: Path
    slurm: Slurm
    nodes: int
    """Of the parts that train."""
    layout: Layout
    """How the model is split."""
    wandb: bool = False
    """Whether training tells Weights & Biases too."""

    @property
    def copies(self) -> int:
        """Copies of the model that train together; raise UserError where a process would be left over."""
        processes = self.nodes * self.slurm.training.processes_of_node
        copies, left = divmod(processes, self.layout.model_size)
        if left:
            raise UserError(
                f"--layout: {processes} processes ({self.nodes} nodes) cannot be shared out by {self.layout.text}"
            )
        return copies

    @property
    def recipe(self) -> Path:
        """The copy of the recipe that the jobs read, whatever is done to the original meanwhile."""
        return self.folder / "recipe.yaml"

    @property
    def site(self) -> Path:
        """The copy of the site's settings."""
        return self.folder / "site.yaml"

    def in_folder(self, folder: Path) -> Submission:
        """Return the same for another folder."""
        return replace(self, folder=folder)

    def log(self, part: Part) -> Path:
        """Return the file to which every start of a part appends."""
        return self.folder / f"{part.name}.log"


def script_of(part: Part, submission: Submission) -> str:
    """Return the text of a part's script."""
    if part.kind == "data":
        return filled("stage", _data(part, submission))
    if part.kind == "model":
        return filled("stage", _model(part, submission))
    return filled("train", _training(part, submission))


def _data(part: Part, submission: Submission) -> Mapping[str, str]:
    slurm, driver = submission.slurm, submission.slurm.driver
    cpus = driver.cpus or slurm.cpus
    asked = {"cpus-per-task": str(cpus), "mem": f"{driver.memory_gb or slurm.memory_gb}G"}
    command = f"{_command(part, submission)} --workers {cpus} --on slurm --wait --site {quoted(submission.site)}"
    return {**common(part.name, submission, driver, asked), "command": command}


def _model(part: Part, submission: Submission) -> Mapping[str, str]:
    training = submission.slurm.training
    asked = machine_options(submission, nodes=1, gpus=min(training.gpus, 1))
    words = ["srun --ntasks=1", *container_words(submission), _command(part, submission)]
    command = " ".join(word for word in words if word)
    return {**common(part.name, submission, training, asked), "command": command}


def _training(part: Part, submission: Submission) -> Mapping[str, str]:
    training = submission.slurm.training
    asked = machine_options(submission, submission.nodes, training.gpus)
    srun, prefix = container_words(submission)
    split = submission.layout.text
    (stage,) = part.stages
    options = (f" --layout {split}" if split else "") + (" --wandb" if submission.wandb else "")
    return {
        **common(part.name, submission, training, asked),
        "command": _command(part, submission) + options,
        "stop": quoted(submission.root / f"{stage.name}.stop"),
        "nodes": str(submission.nodes),
        "processes": str(training.processes_of_node),
        "srun": f" {srun}" if srun else "",
        "prefix": f"{prefix} " if prefix else "",
    }


def machine_options(submission: Submission, nodes: int, gpus: int) -> dict[str, str]:
    """Return the options of sbatch that ask for the machines of a job that trains."""
    training = submission.slurm.training
    return {
        "nodes": str(nodes),
        "ntasks-per-node": "1",
        **({"cpus-per-task": str(training.cpus)} if training.cpus else {"exclusive": ""}),
        "mem": f"{training.memory_gb}G" if training.memory_gb else "0",
        **({"gpus-per-node": str(gpus)} if gpus else {}),
    }


def container_words(submission: Submission) -> tuple[str, str]:
    """Return options of srun, and what stands before the command."""
    container = submission.slurm.training.container
    folders = list(dict.fromkeys(map(str, (submission.root, submission.data))))
    return container.srun_options(folders), container.prefix(folders)


def _command(part: Part, submission: Submission) -> str:
    only = " ".join(f"--only {stage.name}" for stage in part.stages)
    places = f"{quoted(submission.recipe)} --root {quoted(submission.root)} --data {quoted(submission.data)}"
    return f"headwater run {places} --part {only}"


def common(
    name: str, submission: Submission, job: JobSettings, machine: Mapping[str, str], log: str = ""
) -> dict[str, str]:
    """Return the slots that all templates have; ``log`` is the name of its file, the job's own where there is none.

    Raises UserError where the site file would have the job stop before it has begun.
    """
    slurm = submission.slurm
    if job.warning >= seconds_of(limit := job.time or slurm.time):
        whose = "driver" if isinstance(job, Driver) else "points" if job is slurm.points else "training"
        raise UserError(
            f"{name}: the site file's {whose}.warning: "
            f"found {job.warning} seconds; less than the limit, {limit}, is allowed"
        )
    asked = {
        "job-name": f"headwater-{submission.name}-{name}",
        "partition": job.partition or slurm.partition,
        **({"account": slurm.account} if slurm.account else {}),
        **({"qos": slurm.qos} if slurm.qos else {}),
        "time": job.time or slurm.time,
        **machine,
        "signal": f"B:USR1@{job.warning}",
        "requeue": "",
        "kill-on-invalid-dep": "yes",
        "open-mode": "append",
        "output": quoted(submission.folder / (log or f"{name}.log")),
        **slurm.options,
        **job.options,
    }
    environment = job.environment or slurm.environment
    return {
        "title": f"{name} of {submission.name}",
        "directives": "\n".join(
            f"#SBATCH --{key}={value}" if value else f"#SBATCH --{key}" for key, value in asked.items()
        ),
        "environment": environment or f"export PATH={quoted(Path(sys.executable).parent)}:$PATH",
    }


def filled(template: str, slots: Mapping[str, str]) -> str:
    """Return the template of this name with its slots filled."""
    text = (files("pipeline.launch") / f"{template}.sbatch").read_text(encoding="utf-8")
    return _SLOT.sub(lambda slot: slots[slot[1]], text)


def quoted(value: object) -> str:
    """Return a value as one word of the shell."""
    return shlex.quote(str(value))
