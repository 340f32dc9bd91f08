"""Harness: a task of EleutherAI's lm-evaluation-harness on the exported model, as the share of wrong answers."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from pipeline.errors import UserError, WorkError
from pipeline.tune.probes.probe import Examined, Probe


class Harness(Probe):
    """1 minus the score of a task, of which a score of 1 is the best."""

    kind: Literal["lm_eval"] = "lm_eval"
    task: str
    """Its name in the harness."""
    score: str = "acc"
    """Which of the task's scores."""
    include: str | None = None
    """Folder with tasks of one's own, as the harness's ``--include_path``."""
    limit: int | None = Field(default=None, ge=1)
    """At most so many questions."""

    def refusals(self, sequence_length: int) -> Iterator[tuple[str, str]]:
        """The harness must be here, and the folder of tasks."""
        if importlib.util.find_spec("lm_eval") is None:
            yield "kind", "the harness is not installed (pip install lm_eval)"
        if self.include is not None and not Path(self.include).is_dir():
            yield "include", f"{self.include}: no such folder"

    def examine(self, examined: Examined) -> float:
        """Run the harness in a process of its own; raise UserError where it is not installed or lacks the score."""
        for field, what in self.refusals(examined.sequence_length):
            raise UserError(f"metrics: lm_eval: {field}: {what}")
        folder = examined.scratch / "lm_eval"
        shutil.rmtree(folder, ignore_errors=True)
        done = subprocess.run(
            [sys.executable, "-m", "lm_eval", "run", *self._arguments(examined), "--output_path", str(folder)],
            env={**os.environ, "TOKENIZERS_PARALLELISM": "false"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise WorkError(f"lm_eval {self.task}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")
        (path,) = folder.rglob("results_*.json")
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["results"][self.task]
        scores = {name.split(",")[0]: value for name, value in found.items() if isinstance(value, int | float)}
        if self.score not in scores:
            raise UserError(f"metrics: lm_eval: {self.task} has no score {self.score}; it has {', '.join(scores)}")
        return 1.0 - float(scores[self.score])

    def _arguments(self, examined: Examined) -> list[str]:
        arguments = ["--model", "hf", "--model_args", f"pretrained={examined.model_folder}", "--tasks", self.task]
        arguments += ["--include_path", self.include] if self.include else []
        return arguments + (["--limit", str(self.limit)] if self.limit else [])
