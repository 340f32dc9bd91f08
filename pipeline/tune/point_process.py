"""A point's process: the command that runs one point in a process of its own, with a log, wherever it is started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.train.job import OWNER
from pipeline.tune.lab import Lab
from pipeline.tune.points import Point

LOG = "log.txt"
"""In a point's folder."""


def arguments_of(lab: Lab, point: Point, processes: int) -> list[str]:
    """Return the arguments with which ``headwater`` runs one point whose common artifacts are made."""
    where = ["--root", str(lab.root), "--data", str(lab.data), "--processes", str(processes)]
    size = ["--size", lab.size] if lab.size else []
    return ["tune", str(lab.path), *size, *where, "--point", point.name]


def start(arguments: Sequence[str], log: Path, threads: int) -> subprocess.Popen[bytes]:
    """Start ``headwater``, which ends with this process; what it says is added to the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    packages = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [packages, os.environ.get("PYTHONPATH", "")]))
    environment = {"OMP_NUM_THREADS": str(threads), **os.environ, "PYTHONPATH": path, OWNER: str(os.getpid())}
    command = [sys.executable, "-m", "pipeline.cli", *arguments]
    with log.open("ab") as file:
        return subprocess.Popen(command, stdout=file, stderr=file, env=environment, process_group=0)


def tell(lab: Lab, point: Point, log: Path, say: Callable[[str], None]) -> None:
    """Say why a point that was tried is not finished; of one that had no time to say it, the last line of its log."""
    state, reason = lab.state(point)
    if state == "failed":
        say(f"{point.name}: failed: {reason}")
    elif state != "finished":
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
        last = next((line.strip() for line in reversed(lines) if line.strip()), "nothing: it did not begin")
        say(f"{point.name}: {state}, and was ended before it could say why; the end of {log}: {last}")
