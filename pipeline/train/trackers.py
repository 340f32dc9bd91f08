"""Trackers: other programs that show a run's numbers. The JSON lines beside the checkpoints are the record.

TensorBoard's events lie in the run's folder. Weights & Biases is asked for with ``--wandb``, needs the package, and
stays offline unless its own WANDB_MODE says otherwise; its files lie in the root, beside the artifacts.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from pipeline.errors import WorkError
from pipeline.train.job import Job


class Tracker(Protocol):
    """Takes numbers by name, as often as they are measured."""

    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        """Take the numbers of a step."""

    def flush(self) -> None:
        """Write down what was taken; called with every checkpoint."""

    def close(self) -> None:
        """Take nothing more."""


class TensorBoard:
    """Events for ``tensorboard --logdir RUN/tensorboard``; steps that are made again replace the earlier ones.

    What was logged of steps up to ``first_step`` stays.
    """

    def __init__(self, folder: Path, first_step: int) -> None:
        # Importing it takes a second, and only the first process needs it.
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder), purge_step=first_step + 1)

    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        """Write a scalar a name."""
        for name, number in numbers.items():
            self._writer.add_scalar(name, number, step)

    def flush(self) -> None:
        """Write to disk."""
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


class WeightsAndBiases:
    """A run of Weights & Biases; one that is resumed goes on under the same id."""

    def __init__(self, job: Job) -> None:
        import wandb

        folder = job.root / "wandb"
        folder.mkdir(parents=True, exist_ok=True)
        identity = f"{job.recipe.name}/{job.run_name}/{job.root}"
        try:
            self._run = wandb.init(
                project=job.recipe.name,
                name=job.run_name,
                id=hashlib.sha256(identity.encode()).hexdigest()[:16],
                resume="allow",
                dir=str(folder),
                mode=None if "WANDB_MODE" in os.environ else "offline",
                config=job.run.model_dump(mode="json"),
                settings=wandb.Settings(console="off", silent=True),
            )
        except wandb.errors.Error as error:
            raise WorkError(f"--wandb: {error}") from error

    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        """Send the numbers."""
        self._run.log(dict(numbers), step=step)

    def flush(self) -> None:
        """Leave it to its own process, which writes at once."""

    def close(self) -> None:
        """Finish the run."""
        self._run.finish()


def open_trackers(job: Job, first_step: int) -> tuple[Tracker, ...]:
    """Return the trackers of a run that goes on after ``first_step`` steps."""
    tensorboard = TensorBoard(job.draft / "tensorboard", first_step)
    return (tensorboard, WeightsAndBiases(job)) if job.wandb else (tensorboard,)


def flat(prefix: str, fields: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of a record under ``prefix/name``, those in lists counted from 1; others are left out."""
    numbers: dict[str, float] = {}
    for name, value in fields.items():
        if isinstance(value, Mapping):
            numbers |= flat(f"{prefix}/{name}", value)
        elif isinstance(value, list):
            numbers |= flat(f"{prefix}/{name}", {str(i): part for i, part in enumerate(value, start=1)})
        elif isinstance(value, int | float) and not isinstance(value, bool):
            numbers[f"{prefix}/{name}"] = float(value)
    return numbers
