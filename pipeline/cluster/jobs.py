"""Slurm's jobs: what is asked of its commands, and a note of the one that is at work on an artifact.

A job outlives a killed ``headwater run``. The note lets the next one end it, before it can write into a new draft.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

from pipeline.errors import WorkError

NOTES = ".jobs"
"""Folder of the notes, below the root."""
_POLL_SECONDS = 1.0


def note_of(name: str, root: Path) -> Path:
    """Return where the job at work on the artifact of this name is noted."""
    return root / NOTES / name.replace("/", ".")


def state(job: str) -> str | None:
    """Return what Slurm says of a job's tasks, such as ``PENDING (Resources), RUNNING``; None once all have ended."""
    asked = subprocess.run(["squeue", "-h", "-j", job, "-o", "%T %r"], capture_output=True, text=True, check=False)
    if asked.returncode and "Invalid job id" not in asked.stderr:
        return f"unknown ({asked.stderr.strip()})"  # the controller may be restarting
    found = dict.fromkeys(line.split(maxsplit=1)[0] + _reason(line) for line in asked.stdout.splitlines())
    return ", ".join(found) or None


def of_script(script: Path) -> str | None:
    """Return the job in the queue that was submitted with this script; raise WorkError where Slurm does not answer."""
    asked = subprocess.run(["squeue", "-h", "-o", "%F %o"], capture_output=True, text=True, check=False)
    if asked.returncode:
        raise WorkError(f"squeue does not say whether {script} is in the queue: {asked.stderr.strip()}")
    found = (line.split(maxsplit=1) for line in asked.stdout.splitlines())
    return next((job for job, command in found if command.strip() == str(script)), None)


def _reason(line: str) -> str:
    reason = line.partition(" ")[2].strip()
    return f" ({reason})" if reason not in ("", "None") else ""


def wait(job: str, seconds: float) -> None:
    """Wait until none of a job's tasks runs, but no longer than so many seconds."""
    deadline = time.monotonic() + seconds
    while state(job) is not None and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def end(job: str) -> None:
    """Cancel a job and wait until none of its tasks runs."""
    subprocess.run(["scancel", job], capture_output=True, check=False)
    while state(job) is not None:
        time.sleep(_POLL_SECONDS)


def end_left_over(note: Path) -> None:
    """End the job that a killed run left behind, if any; raise WorkError where this machine cannot."""
    if not note.is_file():
        return
    job = note.read_text().strip()
    if shutil.which("scancel") is None:
        raise WorkError(
            f"Slurm job {job} of an earlier run may still be writing here, and there is no scancel on this machine; "
            f"end it where there is one, then remove {note}"
        )
    end(job)
    note.unlink()
