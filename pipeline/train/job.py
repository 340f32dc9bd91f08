"""A job: what a training process is told, in one JSON file, so that one machine and many start the same way."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.artifact import write_durably
from pipeline.errors import UserError, WorkError
from pipeline.recipe import Recipe, Run

OWNER = "HEADWATER_OWNER"
"""Environment variable: the process id of the command that a worker on the same machine works for."""
USER_ERROR = 2
"""Exit status of a worker besides 0 and 1: the request was wrong."""
WORKER = ("-m", "pipeline.train.worker")
_TORCHRUN_WAITS = "TORCH_ELASTIC_SHUTDOWN_TIMEOUT"
"""Environment variable: seconds from a signal until torchrun kills its workers; its own 30 are too few for saving."""


@dataclass(frozen=True)
class Job:
    """One training, export or evaluation to carry out."""

    verb: str
    """``train``, ``export`` or ``evaluate``."""
    recipe: Recipe
    run_name: str
    root: Path
    draft: Path
    layout: Mapping[str, Any]
    """Fields of `pipeline.train.parallel.Layout`."""
    start: Path | None
    """Hugging Face folder that the run starts from; None for fresh weights."""
    wandb: bool = False
    """Whether Weights & Biases is told too."""

    @property
    def run(self) -> Run:
        """The run's settings."""
        return self.recipe.runs[self.run_name]

    @property
    def stop_file(self) -> Path:
        """The file whose presence asks for a stop; the process that obeyed it, with everything saved, removes it."""
        return self.draft.with_suffix(".stop")

    @property
    def stopped(self) -> Path:
        """The file that says that training stopped on request; exit statuses do not pass through torchrun."""
        return self.draft / "scratch" / "stopped"

    def stop_was_obeyed(self) -> None:
        """Say so, and take the request away."""
        write_durably(self.stopped, b"")
        self.stop_file.unlink(missing_ok=True)


def write_job(job: Job) -> Path:
    """Write the job into the draft's scratch folder and return the file."""
    path = job.draft / "scratch" / f"{job.verb}.json"
    fields = {
        "verb": job.verb,
        "recipe": job.recipe.model_dump(mode="json"),
        "run_name": job.run_name,
        "root": str(job.root),
        "draft": str(job.draft),
        "layout": dict(job.layout),
        "start": str(job.start) if job.start else None,
        "wandb": job.wandb,
    }
    write_durably(path, json.dumps(fields).encode())
    return path


def read_job(path: Path) -> Job:
    """Read what `write_job` wrote."""
    fields = json.loads(path.read_text(encoding="utf-8"))
    start = fields.pop("start")
    return Job(
        recipe=Recipe.model_validate(fields.pop("recipe")),
        root=Path(fields.pop("root")),
        draft=Path(fields.pop("draft")),
        start=Path(start) if start else None,
        **fields,
    )


def note_copies(draft: Path, copies: int) -> None:
    """Say in the run's scratch folder over how many copies of the model a batch is divided now."""
    write_durably(draft / "scratch" / "copies", str(copies).encode())


def copies_of(draft: Path) -> int:
    """Return what `note_copies` said last; 1 where training has not come so far."""
    path = draft / "scratch" / "copies"
    return int(path.read_text(encoding="utf-8")) if path.is_file() else 1


def carry_out(job: Job, processes: int, launcher: str = "") -> None:
    """Run the job in processes of its own; raise what it raised. Ctrl-C is passed on and waits for its checkpoint.

    ``launcher`` is a command that starts them, here or on other machines, in place of torchrun here. Raises
    KeyboardInterrupt where they stopped on request.
    """
    message = job.draft / "scratch" / "error.txt"
    for said in (message, job.stopped):
        said.unlink(missing_ok=True)
    command = [*_starting(processes, launcher), *WORKER, str(write_job(job))]
    status = _launched(command, job.stop_file) if launcher else _wait(command)
    if status == -signal.SIGINT or job.stopped.is_file():
        raise KeyboardInterrupt
    text = message.read_text(encoding="utf-8") if message.is_file() else None
    if text and text.startswith("user: "):
        raise UserError(text.removeprefix("user: "))
    if text and text.startswith("work: "):
        raise WorkError(f"{job.verb} {job.run_name}: {text.removeprefix('work: ')}")
    if status:
        raise WorkError(
            f"{job.verb} {job.run_name}: {text or f'the process ended with status {status}'}; "
            "run the same command again to go on from the last checkpoint"
        )


def _starting(processes: int, launcher: str) -> list[str]:
    """Return the command to which the module to run is added."""
    if launcher:
        return shlex.split(launcher)
    torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    return [sys.executable, *(torchrun if processes > 1 else [])]


def _environment() -> dict[str, str]:
    return {_TORCHRUN_WAITS: "600", **os.environ, "TOKENIZERS_PARALLELISM": "false"}


def _wait(command: list[str]) -> int:
    process = subprocess.Popen(command, env={**_environment(), OWNER: str(os.getpid())})
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)


def _launched(command: list[str], stop_file: Path) -> int:
    """Wait for processes that other machines may run: they have no owner here, and are stopped by the file alone.

    SIGTERM reaches them too, from whoever ends the allocation, and they save; so it must not end the one that waits.
    """
    before = signal.signal(signal.SIGTERM, lambda *_: stop_file.touch())
    try:
        # Of a group of its own: Ctrl-C in a terminal would make srun kill them.
        process = subprocess.Popen(command, env=_environment(), stdin=subprocess.DEVNULL, process_group=0)
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                stop_file.touch()
    finally:
        signal.signal(signal.SIGTERM, before)
