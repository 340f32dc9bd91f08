"""``headwater tune``: run the points of an experiment that are not finished, and say what they decide."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import UserError, WorkError

if TYPE_CHECKING:
    from pipeline.tune.finding import Finding
    from pipeline.tune.lab import Lab
    from pipeline.tune.results import Result


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("tune", help="run small experiments that decide the recipe of a large run")
    parser.add_argument("experiment", type=Path, metavar="EXPERIMENT", help="experiment file (YAML)")
    parser.add_argument("--size", help="which of the experiment's base recipes (default: its first)")
    parser.add_argument("--root", type=Path, help="folder for all points (default: work/tune/<experiment's name>)")
    parser.add_argument("--data", type=Path, default=Path(), help="where relative paths in recipes start (default: .)")
    parser.add_argument(
        "--at-once",
        type=int,
        default=max(1, (os.cpu_count() or 1) // 2),
        help="points at a time (default: half the cores)",
    )
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="processes for data stages (default: all cores)"
    )
    parser.add_argument("--dry-run", action="store_true", help="run nothing: say which points there are and their cost")
    parser.add_argument("--point", metavar="NAME", help="run this one point; what it shares with others must be made")
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Run what is not finished and print the ranking."""
    if options.at_once < 1 or options.workers < 1:
        raise UserError("--at-once and --workers are 1 or more")
    from pipeline.tune.experiment import load_experiment
    from pipeline.tune.lab import Lab

    name = load_experiment(options.experiment, options.size).name
    root = options.root or Path("work") / "tune" / (f"{name}-{options.size}" if options.size else name)
    lab = Lab(options.experiment.resolve(), options.data.resolve(), root.resolve(), options.size)
    if options.point:
        _one(lab, options.point, options.workers)
        return
    from pipeline.tune.summary import before

    sys.stdout.writelines(f"{line}\n" for line in before(lab))
    if not options.dry_run:
        _all(lab, options.at_once, options.workers)


def _one(lab: Lab, name: str, workers: int) -> None:
    from pipeline.owner import die_with
    from pipeline.stage import Where
    from pipeline.train.job import OWNER

    if owner := os.environ.get(OWNER):
        die_with(int(owner))
    lab.make(lab.point(name), Where(lab.root, workers))


def _all(lab: Lab, at_once: int, workers: int) -> None:
    from pipeline.lock import alone
    from pipeline.progress import Progress
    from pipeline.stage import Where
    from pipeline.tune.results import TABLE, results, write_table
    from pipeline.tune.side_by_side import SideBySide

    progress = Progress()
    refusal = f"{lab.root}: another headwater is working here; wait for it, or use another --root"
    with alone(lab.root / ".lock", refusal):
        waiting = [point for point in lab.points if lab.state(point)[0] != "finished"]
        lab.prepare(waiting, Where(lab.root, workers, progress=progress))
        running = SideBySide(lab, at_once, progress)
        running.run(waiting)
        found = results(lab)
        write_table(lab, found)
    sys.stdout.write(f"{len(found)} of {len(lab.points)} points: {lab.root / TABLE}\n")
    _tell(lab, found)
    if running.failed:
        raise WorkError(f"{len(running.failed)} points failed; the same command tries them again")


def _tell(lab: Lab, found: Sequence[Result]) -> None:
    from pipeline.tune.evidence import gather
    from pipeline.tune.findings import findings, told
    from pipeline.tune.merging import merged
    from pipeline.tune.merging_finding import merging_finding
    from pipeline.tune.recommendation import write_recommendation
    from pipeline.tune.report.page import write_report
    from pipeline.tune.summary import after
    from pipeline.tune.swarm import write_swarms
    from pipeline.tune.verdict import decide

    verdict = decide(found, lab.experiment.decide) if found else None
    said: list[Finding] = []
    if verdict:
        evidence = gather(lab, found, verdict)
        said = findings(evidence)
        if lab.experiment.merging:
            models = list(merged(lab, [r.point for r in found], lab.experiment.merging.factor))
            said.append(merging_finding(models, found))
        sys.stdout.writelines(f"{line}\n" for line in (*after(lab, verdict), *told(said)))
        for swarm in write_swarms(evidence, lab.root):
            sys.stdout.write(f"mixtures and metrics, as Olmix reads them: {swarm}\n")
    sys.stdout.write(f"report: {write_report(lab, found, said)}\n")
    if verdict and (recommended := write_recommendation(lab, verdict, found, said)):
        sys.stdout.write(f"recipe for the large run: {recommended}\n")
