"""The run that is killed again and again, and the processes that train it: the real worker, forked to start fast."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COMPARED = ("metrics.jsonl", "validation.jsonl", "ledger.jsonl")
TRAINED = ("train", "export", "evaluate", "report")
RUN = "base"
MAY_TAKE = 600


RECIPE = """
name: kills
seed: 7
tokenizer: {{kind: train, vocabulary_size: 512, sources: [help]}}
sources:
  help: {{read: {{kind: jsonl, paths: [raw/help.jsonl]}}, profile: en, license: PSF-2.0}}
validation: {{share: 0.1, tokens: 400}}
runs:
  base:
    start:
      kind: architecture
      architecture: {{num_layers: 2, hidden_size: 32, feed_forward_size: 64, num_heads: 4, num_key_value_heads: 2,
        vocabulary_size: 512, max_sequence_length: 128, tie_embeddings: true}}
    phases: [{{name: English, tokens: {tokens}, mixture: {{kind: static, shares: {{help: 1.0}}}}}}]
    sequence_length: 64
    batch: 8
    micro_batch: 4
    round_steps: 2
    learning_rate: {{kind: warmup_constant, peak: 3.0e-3, warmup: 1K}}
    precision: fp32
"""
"""A checkpoint after every second step of 512 tokens."""


def prepare(work: Path, tokens: int) -> None:
    """Make everything that the run reads."""
    from small_run import write_small

    from pipeline.stage import Where, make

    write_small(work)
    (work / "kills.yaml").write_text(RECIPE.format(tokens=tokens))
    make([stage for stage in stages(work) if stage.verb not in TRAINED], Where(root_of(work)))


def root_of(work: Path) -> Path:
    return (work / "work").resolve()


def stages(work: Path) -> Sequence[Any]:
    from pipeline.plan import make_plan
    from pipeline.recipe import load_recipe

    return make_plan(load_recipe(work / "kills.yaml"), work.resolve(), root_of(work)).stages


class Started:
    """Processes that were forked, each the leader of a group."""

    def __init__(self, ids: Sequence[int]) -> None:
        self._ids = ids
        self.statuses: dict[int, int] = {}

    @property
    def running(self) -> list[int]:
        return [id for id in self._ids if id not in self.statuses]

    def wait(self, seconds: float) -> None:
        """Wait until all have ended or the time is over."""
        end = time.monotonic() + seconds
        while self.running and time.monotonic() < end:
            for id in self.running:
                found, status = os.waitpid(id, os.WNOHANG)
                if found:
                    self.statuses[id] = os.waitstatus_to_exitcode(status)
            time.sleep(0.002)

    def kill(self, ids: Sequence[int]) -> None:
        """Kill processes that still run, and what they started."""
        for id in ids:
            os.killpg(id, signal.SIGKILL)

    def left(self) -> int:
        """Return how many processes that are gone left something behind that they had started, and end it."""
        found = 0
        for id in self._ids:
            with suppress(ProcessLookupError):
                os.killpg(id, signal.SIGKILL)
                found += 1
        return found


@dataclass
class Trained:
    """One run's draft and the processes that train it."""

    work: Path
    processes: int
    draft: Path = field(init=False)
    job: Path = field(init=False)

    def begin(self, *, anew: bool, in_background: bool) -> None:
        """Begin a run, or go on with the one that is there."""
        from pipeline import artifact
        from pipeline.stage import Where
        from pipeline.stream.segment import write_segment
        from pipeline.train.job import write_job

        (stage,) = (each for each in stages(self.work) if each.name == f"runs/{RUN}")
        root = root_of(self.work)
        if anew:
            shutil.rmtree(artifact.draft_of(stage.folder(root)), ignore_errors=True)
        self.draft = stage.begin(root)
        if anew:
            write_segment(self.draft, 0, stage.stream.folder(root), stage.parts())
        where = Where(root, processes=self.processes, layout={"background_saving": in_background})
        self.job = write_job(stage.job("train", self.draft, where))

    @property
    def checkpoints(self) -> list[Path]:
        """Published ones, oldest first."""
        return sorted((self.draft / "checkpoints").glob("step-*"))

    def moment(self, began: float) -> str:
        """Return what the processes started at a time are doing, as their files show it."""
        if any(path.stat().st_mtime > began for path in (self.draft / "checkpoints").glob(".draft-*")):
            return "writing a checkpoint"
        losses = self.draft / COMPARED[0]
        return "training" if losses.exists() and losses.stat().st_mtime > began else "starting"

    def refuse_failure(self, started: Started) -> None:
        """Raise AssertionError where a process ended by itself with another status than 0."""
        log = self.work / "rank-0.log"
        assert set(started.statuses.values()) == {0}, log.read_text(encoding="utf-8")[-3000:]

    def contents(self) -> dict[str, bytes]:
        return {name: (self.draft / name).read_bytes() for name in COMPARED}

    @contextmanager
    def started(self) -> Iterator[Started]:
        """Yield the processes; none of them runs afterwards."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        started = Started([self._fork(rank, port) for rank in range(self.processes)])
        try:
            yield started
        finally:
            started.kill(started.running)
            started.wait(MAY_TAKE)

    def _fork(self, rank: int, port: int) -> int:
        id = os.fork()
        os.setpgid(id, 0)  # on both sides, so that no kill comes before it
        if id:
            return id
        status = 1
        try:
            several = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": self.processes, "MASTER_PORT": port}
            from pipeline.train.job import OWNER

            os.environ.update({name: str(value) for name, value in several.items()}, MASTER_ADDR="127.0.0.1")
            os.environ[OWNER] = str(os.getppid())
            log = os.open(self.work / f"rank-{rank}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 1)
            os.dup2(log, 2)
            from pipeline.train.worker import main

            status = main([str(self.job)])
        finally:
            os._exit(status)
        return 0


def cut_short(checkpoint: Path, chance: random.Random) -> str:
    """Cut a file of a checkpoint at a random byte and return its name."""
    file = chance.choice(sorted(path for path in checkpoint.rglob("*") if path.is_file() and path.stat().st_size > 1))
    # The last byte of checkpoint.json ends its line and says nothing.
    os.truncate(file, chance.randrange(file.stat().st_size - 1))
    return file.name
