"""The array of an experiment's points: what sbatch is given for it. An element does several where it may not be longer.

An element asks for what the site says of ``points``, a node with one launcher on it, and is stopped as training is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from pipeline.launch.script import Submission, common, container_words, filled, machine_options, quoted

ELEMENTS = "elements"
"""Folder in which a file for each element of the array, named by its number, lists points, one a line."""
EXPERIMENT = "experiment.yaml"
_Anything = TypeVar("_Anything")


def shared_out(points: Sequence[_Anything], longest: int) -> list[list[_Anything]]:
    """Return the points of each element; no array is longer than ``longest``, and none does two more than another."""
    elements = min(len(points), longest)
    return [list(points[i::elements]) for i in range(elements)]


def log_of(element: int | str) -> str:
    """Return the name of the file to which every start of an element appends."""
    return f"points.{element}.log"


def points_script(submission: Submission, run: str, elements: int) -> str:
    """Return the text of the script; ``submission`` is of the experiment, and its training is that of points."""
    slurm, training = submission.slurm, submission.slurm.training
    most = f"%{slurm.jobs}" if slurm.jobs else ""
    asked = {"array": f"0-{elements - 1}{most}", **machine_options(submission, 1, training.gpus)}
    processes = training.processes_of_node
    words = [
        "srun --ntasks=1 --cpus-per-task=$cores",
        *container_words(submission),
        f"headwater tune {quoted(submission.folder / EXPERIMENT)}",
        f"--root {quoted(submission.root)} --data {quoted(submission.data)} --processes {processes}",
    ]
    return filled(
        "points",
        {
            **common("points", submission, training, asked, log_of("%a")),
            "elements": quoted(submission.folder / ELEMENTS),
            "points": quoted(submission.root / "points"),
            "run": run,
            "processes": str(processes),
            "command": " ".join(word for word in words if word),
        },
    )
