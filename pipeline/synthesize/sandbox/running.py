"""Running code: one program in one jail, with limits; what came of it, or why nothing is run here at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from pydantic import Field

from curricula.settings import Settings
from pipeline.errors import WorkError

_JAIL = Path(__file__).parent / "jail.py"
_PROBE = "import os, socket\nassert os.listdir('/work') == []\nprint('inside')\n"
_CLOCK = (5, 5)
"""Seconds on the clock for each of the processor, and besides."""
_KILLED_BY_TIME = (128 + signal.SIGXCPU, 128 + signal.SIGKILL)


class Limits(Settings):
    """What a program may use. Its time is that of the processor, so that a busy machine changes no verdict."""

    seconds: int = Field(default=5, ge=1)
    """Seconds of the processor; on the clock five times as many, and five more."""
    memory: int = Field(default=512 << 20, ge=64 << 20)
    """Bytes of address space."""
    output: int = Field(default=1 << 20, ge=1 << 10)
    """Bytes of a file, and of what is printed."""
    disk: int = Field(default=16 << 20, ge=1 << 20)
    """Bytes of all files together, in memory."""


@dataclass(frozen=True)
class Outcome:
    """How a program ended."""

    status: int
    """Exit status; 128 and a signal's number where one ended it."""
    output: str
    errors: str
    in_time: bool

    @property
    def succeeded(self) -> bool:
        """Whether it ended by itself with status 0."""
        return self.status == 0 and self.in_time


class IsolationError(WorkError):
    """Code cannot be isolated on this machine, so none is run."""


@cache
def unavailable() -> str | None:
    """Return why code cannot be run isolated on this machine, or None where it can."""
    if not sys.platform.startswith("linux"):
        return f"code of a model is run in Linux namespaces alone, and this is {sys.platform}"
    try:
        outcome = run(_PROBE, Limits())
    except IsolationError as error:
        return str(error)
    return None if outcome.output == "inside\n" else f"the sandbox does not run Python: {outcome.errors[-300:]}"


def run(program: str, limits: Limits) -> Outcome:
    """Run a Python program with the standard library alone; raise IsolationError where it cannot be isolated.

    It sees no network, no process, no environment and no file but an empty folder of its own, which goes with it.
    """
    with (
        tempfile.TemporaryDirectory(prefix="headwater-jail-") as folder,
        tempfile.TemporaryFile() as source,
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
        tempfile.TemporaryFile() as report,
    ):
        source.write(program.encode("utf-8", "replace"))
        source.seek(0)
        settings = json.dumps({**limits.model_dump(), "folder": folder})
        command = [
            os.path.realpath(sys.executable),
            "-I",
            "-S",
            "-c",
            _STARTER,
            str(_JAIL),
            settings,
            str(report.fileno()),
        ]
        process = subprocess.Popen(
            command,
            stdin=source,
            stdout=output,
            stderr=errors,
            pass_fds=(report.fileno(),),
            start_new_session=True,
            env={"LANG": "C.UTF-8"},
        )
        in_time = _wait(process, _CLOCK[0] * limits.seconds + _CLOCK[1])
        report.seek(0)
        if failure := report.read().decode("utf-8", "replace"):
            raise IsolationError(
                f"code of a model is not run here, because it cannot be isolated ({failure}); Linux user namespaces "
                "must be allowed (sysctl user.max_user_namespaces, and in a container its seccomp profile)"
            )
        out, err = (_text(file, limits.output) for file in (output, errors))
        return Outcome(process.returncode, out, err, in_time and process.returncode not in _KILLED_BY_TIME)


_STARTER = """
import os, runpy, sys
jail, settings, report = sys.argv[1:]
if int(report) != 3:
    os.dup2(int(report), 3)
    os.close(int(report))
sys.argv = [jail, settings]
runpy.run_path(jail, run_name="__main__")
"""
"""Puts the report where the jail expects it."""


def _wait(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for the end, or make one of the whole group; whether it ended by itself."""
    try:
        process.wait(seconds)
        return True
    except subprocess.TimeoutExpired:
        return False
    finally:
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _text(file: IO[bytes], most: int) -> str:
    file.seek(0)
    return file.read(most).decode("utf-8", "replace")
