"""A measurement: a training run killed with signal 9 at random moments, again and again, beside one left alone.

Every process that trains is the real worker, forked from one that has loaded the libraries, so that a start takes
seconds; `tests/end_to_end` does it three times, and kills whole commands in every stage. A kill comes at a moment drawn
uniformly from the length of an undisturbed run: while starting, in a step, while a checkpoint is written. Every fourth
time it takes one process of two, and the other has two seconds to notice. After every third kill a file of the newest
checkpoint is cut short as well, as a power cut would, where there is an older one. A run that ends is compared byte for
byte, losses, gradient norms, validations and ledger, and another is begun, until enough kills landed.

PYTHONPATH=tests/support python tests/bench/train/kills.py WORK [--kills 50] [--processes 1 2] [--tokens 16384]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import shutil
import signal
import socket
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "results"
COMPARED = ("metrics.jsonl", "validation.jsonl", "ledger.jsonl")
TRAINED = ("train", "export", "evaluate", "report")
RUN = "base"
EVERY_ALONE, EVERY_CUT = 4, 3
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

    def end_rest(self) -> None:
        """End what processes that are gone have left: megatron-core's writer of checkpoints sleeps on."""
        for id in self._ids:
            with suppress(ProcessLookupError):
                os.killpg(id, signal.SIGKILL)


@dataclass
class Trained:
    """One run's draft and the processes that train it."""

    work: Path
    processes: int
    draft: Path = field(init=False)
    job: Path = field(init=False)

    def begin(self) -> None:
        """Begin a new run, whatever was there."""
        from pipeline import artifact
        from pipeline.stage import Where
        from pipeline.stream.segment import write_segment
        from pipeline.train.job import write_job

        (stage,) = (each for each in stages(self.work) if each.name == f"runs/{RUN}")
        root = root_of(self.work)
        shutil.rmtree(artifact.draft_of(stage.folder(root)), ignore_errors=True)
        self.draft = stage.begin(root)
        write_segment(self.draft, 0, stage.stream.folder(root), stage.parts())
        self.job = write_job(stage.job("train", self.draft, Where(root, processes=self.processes)))

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
        """Yield the processes; none is left afterwards."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        started = Started([self._fork(rank, port) for rank in range(self.processes)])
        try:
            yield started
        finally:
            started.kill(started.running)
            started.wait(MAY_TAKE)
            started.end_rest()

    def _fork(self, rank: int, port: int) -> int:
        id = os.fork()
        os.setpgid(id, 0)  # on both sides, so that no kill comes before it
        if id:
            return id
        status = 1
        try:
            several = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": self.processes, "MASTER_PORT": port}
            os.environ.update({name: str(value) for name, value in several.items()}, MASTER_ADDR="127.0.0.1")
            log = os.open(self.work / f"rank-{rank}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 1)
            os.dup2(log, 2)
            from pipeline.train.worker import main

            status = main([str(self.job)])
        finally:
            os._exit(status)
        return 0


def undisturbed(run: Trained) -> tuple[dict[str, bytes], float]:
    """Return what a run comes to that nobody kills, and its seconds."""
    run.begin()
    began = time.monotonic()
    with run.started() as started:
        started.wait(MAY_TAKE)
        run.refuse_failure(started)
    return run.contents(), time.monotonic() - began


def cut_short(checkpoint: Path, chance: random.Random) -> str:
    """Cut a file of a checkpoint at a random byte and return its name."""
    file = chance.choice(sorted(path for path in checkpoint.rglob("*") if path.is_file() and path.stat().st_size > 1))
    # The last byte of checkpoint.json ends its line and says nothing.
    os.truncate(file, chance.randrange(file.stat().st_size - 1))
    return file.name


def killed(run: Trained, kills: int, chance: random.Random) -> Iterator[Mapping[str, Any]]:
    """Kill a run as often as wanted; yield each time where kills landed so far and how many runs ended equal."""
    expected, seconds = undisturbed(run)
    counts, moments, cut, ends = Counter[str](), Counter[str](), Counter[str](), list[bool]()
    run.begin()
    while counts["kills"] < kills or not ends:
        counts["starts_from_a_checkpoint"] += bool(run.checkpoints)
        began = time.time()
        with run.started() as started:
            started.wait(chance.uniform(0, seconds) if counts["kills"] < kills else MAY_TAKE)
            failed = any(started.statuses.values())
            if failed or not started.running:
                run.refuse_failure(started)
            if landed := bool(started.running):
                counts["kills"] += 1
                moments[run.moment(began)] += 1
                if counts["kills"] % EVERY_ALONE == 0 and run.processes > 1:
                    counts["kills_of_one_process_alone"] += 1
                    started.kill([chance.choice(started.running)])
                    started.wait(2)
            else:
                ends.append(run.contents() == expected)
        if not landed and counts["kills"] < kills:
            run.begin()
        if landed and counts["kills"] % EVERY_CUT == 0 and len(run.checkpoints) > 1:
            cut[cut_short(run.checkpoints[-1], chance)] += 1
        yield {
            "processes": run.processes,
            "steps": expected["metrics.jsonl"].count(b"\n"),
            "kills_wanted": kills,
            **counts,
            "moments": dict(moments.most_common()),
            "checkpoints_cut_short": dict(cut.most_common()),
            "runs_ended": len(ends),
            "runs_equal_to_the_undisturbed": sum(ends),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--tokens", type=int, default=16_384)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS / "kills.json")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    maker = multiprocessing.get_context("spawn").Process(target=prepare, args=(options.work, options.tokens))
    maker.start()
    maker.join()
    assert maker.exitcode == 0
    os.environ["OMP_NUM_THREADS"] = "1"
    warnings.filterwarnings("ignore")
    import torch

    torch.set_num_threads(1)
    import pipeline.train.loop  # noqa: F401 - loaded once, before the forks

    said = {"command": " ".join(["python", *sys.argv]), "torch": torch.__version__}
    found: list[Mapping[str, Any]] = []
    for processes in options.processes:
        before, chance = list(found), random.Random(f"{options.seed} {processes}")
        for state in killed(Trained(options.work, processes), options.kills, chance):
            found = [*before, state]
            # Written each time: what was measured stays when the measurement itself is ended.
            options.out.write_text(json.dumps({**said, "found": found}, indent=1) + "\n", encoding="utf-8")
            print(json.dumps(state), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
