"""A point array: one Slurm job array of an experiment's points, in a folder of its own, and noted while it may run.

The note is there before sbatch is asked and until the job has ended, so that whoever comes next, however this process
died, finds the job: no point is run by two processes, and none is lost. The jobs read copies of experiment and recipe,
so editing the originals changes nothing that is queued.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.artifact import write_durably
from pipeline.cluster import jobs
from pipeline.errors import WorkError
from pipeline.launch.points import ELEMENTS, EXPERIMENT, log_of, points_script, shared_out
from pipeline.launch.script import Submission
from pipeline.launch.submit import next_folder
from pipeline.site import Slurm
from pipeline.train.layout import Layout
from pipeline.tune.experiment import base_of
from pipeline.tune.lab import Lab
from pipeline.tune.points import Point
from pipeline.yaml_file import YamlFile

_NOTE = "points"


@dataclass(frozen=True)
class PointArray:
    """What was submitted, as it lies on disk."""

    folder: Path
    """Copies of experiment and recipe, the script, the points of each element, a log of each."""

    @property
    def script(self) -> Path:
        """What sbatch was given."""
        return self.folder / "points.sbatch"

    def logs(self) -> dict[str, Path]:
        """Return name of a point -> log of the element that runs it."""
        elements = sorted((self.folder / ELEMENTS).iterdir(), key=lambda path: int(path.name))
        return {
            name: self.folder / log_of(path.name)
            for path in elements
            for name in path.read_text(encoding="utf-8").splitlines()
        }

    def job(self) -> str | None:
        """Return the job; None where it was never submitted, or is not known to have been and is not in the queue."""
        noted = self.folder / "job"
        return noted.read_text().strip() if noted.is_file() else jobs.of_script(self.script)


def submission_in(root: Path, lab: Lab, slurm: Slurm) -> Submission:
    """Return what the scripts for an experiment's points have in common, in the next folder of this root."""
    settings = slurm.model_copy(update={"training": slurm.of_points})
    return Submission(lab.experiment.name, next_folder(root), root, lab.data, settings, 1, Layout())


def script_for(lab: Lab, points: Sequence[Point], slurm: Slurm) -> tuple[PointArray, str]:
    """Return where the next array would lie, and its script."""
    submission = submission_in(lab.root, lab, slurm)
    elements = len(shared_out(points, slurm.longest_array))
    return PointArray(submission.folder), points_script(submission, lab.experiment.run, elements)


def submit(lab: Lab, points: Sequence[Point], slurm: Slurm) -> tuple[PointArray, str]:
    """Write everything down, note the array, hand it to sbatch; return it and its job."""
    array, script = script_for(lab, points, slurm)
    (array.folder / ELEMENTS).mkdir(parents=True)
    _copy(lab, array.folder)
    for number, element in enumerate(shared_out(points, slurm.longest_array)):
        names = "".join(f"{point.name}\n" for point in element)
        (array.folder / ELEMENTS / str(number)).write_text(names, encoding="utf-8")
    array.script.write_text(script, encoding="utf-8")
    note = jobs.note_of(_NOTE, lab.root)
    note.parent.mkdir(exist_ok=True)
    write_durably(note, array.folder.relative_to(lab.root).as_posix().encode())
    done = subprocess.run(["sbatch", "--parsable", str(array.script)], capture_output=True, text=True, check=False)
    if done.returncode:
        note.unlink()
        raise WorkError(f"sbatch did not take {array.script}: {done.stderr.strip()}")
    job = done.stdout.strip().partition(";")[0]
    write_durably(array.folder / "job", job.encode())
    return array, job


def noted(root: Path) -> PointArray | None:
    """Return the array that an earlier command submitted and has not seen the end of."""
    note = jobs.note_of(_NOTE, root)
    return PointArray(root / note.read_text(encoding="utf-8")) if note.is_file() else None


def forget(root: Path) -> None:
    """Remove the note of an array that has ended."""
    jobs.note_of(_NOTE, root).unlink()


def end_left_over(root: Path) -> None:
    """End the array that a killed command left behind, if any; raise WorkError where this machine cannot."""
    array = noted(root)
    if array is None:
        return
    if shutil.which("scancel") is None:
        raise WorkError(
            f"the Slurm job of {array.script} may still be running points, and there is no scancel on this machine; "
            f"end it where there is one, then remove {jobs.note_of(_NOTE, root)}"
        )
    if (job := array.job()) is not None:
        jobs.end(job)
    forget(root)


def _copy(lab: Lab, folder: Path) -> None:
    """Copy the experiment in its size, and the recipes that it names, to where the jobs read them; laws stay here."""
    data: dict[str, Any] = {**YamlFile(lab.path).data, "recipe": "recipe.yaml", "laws": []}
    shutil.copyfile(base_of(lab.experiment, lab.path), folder / "recipe.yaml")
    if lab.experiment.target.recipe:
        data["target"] = {**data["target"], "recipe": "target.yaml"}
        shutil.copyfile(lab.path.parent / lab.experiment.target.recipe, folder / "target.yaml")
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    (folder / EXPERIMENT).write_text(text, encoding="utf-8")
