"""A measurement: a training run killed with signal 9 at random moments, again and again, beside one left alone.

Every process that trains is the real worker, forked from one that has loaded the libraries, so that a start takes
seconds; `tests/end_to_end` does it three times, and kills whole commands in every stage. A kill comes at a moment drawn
uniformly from the length of an undisturbed run: while starting, in a step, while a checkpoint is written. Every fourth
time it takes one process of two, and the other has two seconds to notice. After every third kill a file of the newest
checkpoint is cut short as well, as a power cut would, where there is an older one. A run that ends is compared byte for
byte, losses, gradient norms, validations and ledger, and another is begun, until enough kills landed. Every other run
writes its checkpoints in the background. Ended from outside, the measurement goes on where it was.

PYTHONPATH=tests/support python tests/bench/train/kills.py WORK [--kills 50] [--processes 1 2] [--tokens 16384]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from killed_run import COMPARED, MAY_TAKE, Trained, cut_short, prepare

RESULTS = Path(__file__).parents[1] / "results"
STATE = "state.json"
EVERY_ALONE, EVERY_CUT = 4, 3


@dataclass
class Found:
    """What the measurement has come to, kept beside the run so that it can go on."""

    seconds: float
    """Length of an undisturbed run."""
    rounds: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    moments: Counter[str] = field(default_factory=Counter)
    cut: Counter[str] = field(default_factory=Counter)
    ends: list[bool] = field(default_factory=list)
    """Of each run that ended, whether it is equal to the undisturbed one."""
    anew: bool = True

    def as_result(self) -> dict[str, Any]:
        return {
            **self.counts,
            "moments": dict(self.moments.most_common()),
            "checkpoints_cut_short": dict(self.cut.most_common()),
            "runs_ended": len(self.ends),
            "runs_equal_to_the_undisturbed": sum(self.ends),
        }


def undisturbed(run: Trained, kept: Path) -> dict[str, bytes]:
    """Return what a run comes to that nobody kills."""
    if not kept.exists():
        run.begin(anew=True, in_background=False)
        began = time.monotonic()
        with run.started() as started:
            started.wait(MAY_TAKE)
            run.refuse_failure(started)
        state = Found(time.monotonic() - began)
        draft = kept.with_suffix(".draft")
        draft.mkdir(exist_ok=True)
        for name, content in run.contents().items():
            (draft / name).write_bytes(content)
        (draft / STATE).write_text(json.dumps(vars(state)))
        draft.rename(kept)
    return {name: (kept / name).read_bytes() for name in COMPARED}


def killed(run: Trained, kills: int, seed: int) -> Iterator[Mapping[str, Any]]:
    """Kill a run as often as wanted; yield each time where kills landed so far and how many runs ended equal."""
    kept = run.work / f"undisturbed-{run.processes}"
    expected = undisturbed(run, kept)
    fields = json.loads((kept / STATE).read_text())
    found = Found(**fields | {name: Counter(fields[name]) for name in ("counts", "moments", "cut")})
    while True:
        yield {"processes": run.processes, "steps": expected["metrics.jsonl"].count(b"\n"), **found.as_result()}
        if found.counts["kills"] >= kills and found.ends and found.anew:
            return
        start(run, found, expected, random.Random(f"{seed} {run.processes} {found.rounds}"), kills)
        found.rounds += 1
        (kept / f"{STATE}.new").write_text(json.dumps(vars(found)))
        (kept / f"{STATE}.new").rename(kept / STATE)


def start(run: Trained, found: Found, expected: Mapping[str, bytes], chance: random.Random, kills: int) -> None:
    """Start a run and kill it, unless it ends before or has been killed as often as wanted."""
    counts = found.counts
    run.begin(anew=found.anew, in_background=len(found.ends) % 2 == 1)
    counts["starts_from_a_checkpoint"] += bool(run.checkpoints)
    began = time.time()
    with run.started() as started:
        started.wait(chance.uniform(0, found.seconds) if counts["kills"] < kills else MAY_TAKE)
        if any(started.statuses.values()) or not started.running:
            run.refuse_failure(started)
        found.anew = not started.running
        if found.anew:
            found.ends.append(run.contents() == expected)
        else:
            counts["kills"] += 1
            counts["kills_with_saving_in_the_background"] += len(found.ends) % 2
            found.moments[run.moment(began)] += 1
            if counts["kills"] % EVERY_ALONE == 0 and run.processes > 1:
                counts["kills_of_one_process_alone"] += 1
                started.kill([chance.choice(started.running)])
                started.wait(2)
    counts["processes_left_behind"] += started.left()
    if not found.anew and counts["kills"] % EVERY_CUT == 0 and len(run.checkpoints) > 1:
        found.cut[cut_short(run.checkpoints[-1], chance)] += 1


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

    versions = {name: version(name) for name in ("torch", "megatron-core")}
    said = {"command": " ".join(["python", *sys.argv]), "versions": versions, "kills_wanted": options.kills}
    found: list[Mapping[str, Any]] = []
    for processes in options.processes:
        before = list(found)
        for state in killed(Trained(options.work, processes), options.kills, options.seed):
            found = [*before, state]
            # Written each time: what was measured stays when the measurement itself is ended.
            options.out.write_text(json.dumps({**said, "found": found}, indent=1) + "\n", encoding="utf-8")
            print(json.dumps(state), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
