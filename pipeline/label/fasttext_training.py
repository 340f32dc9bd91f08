"""The process in which fastText trains: `python -m pipeline.label.fasttext_training OWNER SETTINGS`.

On one thread fastText sets only the first tenth of its matrix of words and takes the rest as malloc gives it: zeros
from a fresh process, garbage and NaN from one that has worked. So every training has a process of its own, whose
malloc is told to hand out zeros, and whose matrix is large enough to come straight from the kernel.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import UserError, WorkError
from pipeline.owner import die_with

ZEROED = 34 << 20
"""Bytes from which glibc's malloc asks the kernel, whatever it has learned of the process: a bit over its limit."""
_HANDS_OUT_ZEROS = {"MALLOC_PERTURB_": "255"}
"""glibc fills new memory with the complement of this byte."""
_LAST_WORDS = 300


def train(examples: Path, model: Path, settings: Mapping[str, Any]) -> None:
    """Train on a file of labelled lines and write the model; raise UserError where nothing can be learned from it."""
    asked = {**settings, "input": str(examples), "model": str(model), "thread": 1, "verbose": 0}
    here = str(Path(__file__).parents[2])
    paths = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.label.fasttext_training", str(os.getpid()), json.dumps(asked)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **_HANDS_OUT_ZEROS, "PYTHONPATH": paths},
    )
    last = done.stderr.strip()[-_LAST_WORDS:]
    if done.returncode == 1 and last.startswith("fastText:"):
        raise UserError(f"{last} ({examples.stat().st_size} bytes of labelled text)")
    if done.returncode:
        raise WorkError(f"the process that trains fastText ended with status {done.returncode}: {last}")


def main() -> None:
    """Train, as told on the command line."""
    die_with(int(sys.argv[1]))
    asked = json.loads(sys.argv[2])
    model = asked.pop("model")
    from fasttext import train_supervised

    try:
        trained = train_supervised(**asked)
    except (ValueError, RuntimeError) as error:
        sys.stderr.write(f"fastText: {error}\n")
        sys.exit(1)
    trained.save_model(model)


if __name__ == "__main__":
    main()
