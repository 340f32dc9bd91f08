"""Submission: a chain's scripts written into a folder of their own below the root, and handed to sbatch in order.

The jobs read copies of recipe and site, so editing the originals changes nothing that is queued. One chain at a time
is in the queue for a root: two would make the same artifacts.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import yaml

from pipeline.artifact import write_durably
from pipeline.cluster import jobs
from pipeline.errors import UserError, WorkError
from pipeline.launch.chain import Part
from pipeline.launch.script import Submission, script_of
from pipeline.recipe import Recipe
from pipeline.stage import why_stale

FOLDER = "slurm"
"""Below the root."""
_JOBS = "jobs.json"
_POLL_SECONDS = 2.0
_TAIL = 12
"""Lines shown of the log of a job that failed."""


def next_folder(root: Path) -> Path:
    """Return the folder of the next submission."""
    newest = max((int(path.name) for path in _earlier(root)), default=0)
    return root / FOLDER / f"{newest + 1:04d}"


def _earlier(root: Path) -> list[Path]:
    return [path for path in (root / FOLDER).glob("*") if path.name.isdigit()]


def refuse_if_queued(root: Path) -> None:
    """Raise UserError while jobs of an earlier submission for this root are queued or running."""
    for folder in _earlier(root):
        note = folder / _JOBS
        submitted = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else {}
        if left := {name: job for name, job in submitted.items() if jobs.state(job)}:
            named = ", ".join(f"{job} ({name})" for name, job in left.items())
            raise UserError(
                f"{folder}: jobs of this submission are still queued or running: {named}; "
                f"wait for them, or end them: scancel {' '.join(left.values())}"
            )
        note.unlink(missing_ok=True)


def scripts(parts: Sequence[Part], submission: Submission) -> Iterator[tuple[Part, Path, str]]:
    """Yield each part with where its script is to lie, and its text."""
    for number, part in enumerate(parts, 1):
        yield part, submission.folder / f"{number:02d}-{part.name}.sbatch", script_of(part, submission)


def printed(parts: Sequence[Part], submission: Submission) -> Iterator[str]:
    """Yield what would be written and submitted."""
    for part, path, text in scripts(parts, submission):
        after = f" --dependency=afterok:{':'.join(f'<{name}>' for name in part.after)}" if part.after else ""
        yield f"# sbatch{after} {path}\n{text}\n"


def submit(parts: Sequence[Part], submission: Submission, recipe: str) -> dict[str, str]:
    """Write and submit everything; return part -> job. What was submitted before a refusal is taken back."""
    folder, written = submission.folder, list(scripts(parts, submission))
    folder.mkdir(parents=True)
    submission.recipe.write_text(recipe, encoding="utf-8")
    site = {"slurm": submission.slurm.model_dump(mode="json", exclude_defaults=True)}
    submission.site.write_text(yaml.safe_dump(site, sort_keys=False), encoding="utf-8")
    submitted: dict[str, str] = {}
    for part, path, text in written:
        path.write_text(text, encoding="utf-8")
        after = [submitted[name] for name in part.after]
        try:
            submitted[part.name] = _sbatch(path, after)
        except WorkError:
            if submitted:
                subprocess.run(["scancel", *submitted.values()], check=False)
            raise
        (folder / _JOBS).write_text(json.dumps(submitted, indent=1), encoding="utf-8")
    return submitted


def take_up(recipe: Recipe, copy: Path, root: Path) -> None:
    """Let the jobs of a chain that are still queued read an amended recipe, if it is their copy that was amended."""
    if copy.is_relative_to(root / FOLDER):
        text = yaml.safe_dump(recipe.model_dump(mode="json"), allow_unicode=True, sort_keys=False)
        write_durably(copy, text.encode())


def _sbatch(script: Path, after: Sequence[str]) -> str:
    dependency = [f"--dependency=afterok:{':'.join(after)}"] if after else []
    command = ["sbatch", "--parsable", *dependency, str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WorkError(
            f"sbatch did not take {script}: {done.stderr.strip()}; nothing of this chain is left in the queue"
        )
    return done.stdout.strip().partition(";")[0]


def wait(part: Part, job: str, submission: Submission, say: Callable[[str], None]) -> None:
    """Wait until a job has ended, saying how it stands; raise WorkError where it did not make its stages.

    Ctrl-C ends the waiting alone.
    """
    said = None
    while (state := jobs.state(job)) is not None:
        if state != said:
            say(f"  Slurm job {job} ({part.name}): {state}")
            said = state
        time.sleep(_POLL_SECONDS)
    if left := [stage.name for stage in part.stages if why_stale(stage, submission.root)]:
        log = submission.log(part)
        lines = log.read_text(errors="replace").splitlines()[-_TAIL:] if log.is_file() else ["no log: it did not begin"]
        raise WorkError("\n".join([f"Slurm job {job} has ended without {', '.join(left)}\n{log}:", *lines]))
