"""``headwater tune``: run the points of an experiment that are not finished, and say what they decide."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import extras, shipped
from pipeline.commands.places import add_machines
from pipeline.errors import UserError, WorkError

if TYPE_CHECKING:
    from pipeline.progress import Progress
    from pipeline.site import Cluster, Slurm
    from pipeline.tune.finding import Finding
    from pipeline.tune.lab import Lab
    from pipeline.tune.results import Result
    from pipeline.tune.runner import Runner


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("tune", help="run small experiments that decide the recipe of a large run")
    parser.add_argument(
        "experiment",
        type=shipped.experiment,
        metavar="EXPERIMENT",
        help="experiment file (YAML), or the name of a shipped one, such as ratio",
    )
    parser.add_argument("--size", help="which of the experiment's base recipes (default: its first)")
    parser.add_argument("--root", type=Path, help="folder for all points (default: work/tune/<experiment's name>)")
    parser.add_argument("--data", type=Path, default=Path(), help="where relative paths in recipes start (default: .)")
    parser.add_argument(
        "--at-once",
        type=int,
        default=max(1, (os.cpu_count() or 1) // 2),
        help="points at a time (default: half the cores)",
    )
    parser.add_argument("--processes", type=int, default=1, help="processes that train a point together (default: 1)")
    add_machines(parser, "where points run: local (the default), slurm: one job array, or ray: a task for each")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="run nothing: say which points there are and their cost, and the script that would be submitted",
    )
    parser.add_argument(
        "--point",
        metavar="NAME",
        action="append",
        default=[],
        help="run this one point, in this process; what it shares with others must be made; may be repeated",
    )
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Run what is not finished and print the ranking."""
    if min(options.at_once, options.workers, options.processes) < 1:
        raise UserError("--at-once, --workers and --processes are 1 or more")
    if options.on == "slurm" and options.processes > 1:
        raise UserError("--on slurm: the site file says how many processes a point has (slurm.points.processes)")
    if options.point and options.on != "local":
        raise UserError("--point: runs in this process, whatever the site; leave --on out")
    if not options.dry_run:
        extras.require("headwater tune", "data", "train", "tune", "report")
    from pipeline.site import Slurm, cluster
    from pipeline.tune.experiment import load_experiment
    from pipeline.tune.lab import Lab

    name = load_experiment(options.experiment, options.size).name
    root = options.root or Path("work") / "tune" / (f"{name}-{options.size}" if options.size else name)
    lab = Lab(options.experiment.resolve(), options.data.resolve(), root.resolve(), options.size)
    if options.point:
        _named(lab, options)
        return
    from pipeline.tune.readiness import refuse_early
    from pipeline.tune.summary import before

    refuse_early(lab, is_dry=options.dry_run)

    machines = cluster(options.on, options.site, asks=not options.dry_run)
    sys.stdout.writelines(f"{line}\n" for line in before(lab))
    if not options.dry_run:
        _all(lab, options, machines)
    elif isinstance(machines, Slurm):
        _print_script(lab, machines)


def _named(lab: Lab, options: argparse.Namespace) -> None:
    """Run points by name, one after the other; one that fails does not keep the others from being run."""
    from pipeline.owner import die_with
    from pipeline.stage import Where
    from pipeline.train.job import OWNER

    if owner := os.environ.get(OWNER):
        die_with(int(owner))
    points, failed = [lab.point(name) for name in options.point], 0
    for point in points:
        try:
            lab.make(point, Where(lab.root, options.workers, options.processes))
        except (UserError, WorkError) as error:
            if len(points) == 1:
                raise
            failed += 1
            sys.stderr.write(f"{point.name}: {error}\n")
    if failed:
        raise WorkError(f"{failed} of {len(points)} points failed")


def _print_script(lab: Lab, slurm: Slurm) -> None:
    from pipeline.tune.point_array import script_for

    if points := lab.unfinished():
        array, script = script_for(lab, points, slurm)
        sys.stdout.write(f"# sbatch {array.script}\n{script}")


def _all(lab: Lab, options: argparse.Namespace, machines: Cluster | None) -> None:
    from pipeline.lock import alone
    from pipeline.progress import Progress
    from pipeline.stage import Where

    progress = Progress()
    refusal = f"{lab.root}: another headwater is working here; wait for it, or use another --root"
    with alone(lab.root / ".lock", refusal):
        running = _runner(lab, options, machines, progress)
        tried = {point.name for point in running.go_on()}
        waiting = [point for point in lab.unfinished() if point.name not in tried]
        lab.prepare(waiting, Where(lab.root, options.workers, progress=progress, cluster=machines), running.make)
        running.run(waiting)
        _conclude(lab)
    if left := lab.unfinished():
        failed = sum(lab.state(point)[0] == "failed" for point in left)
        counts = {"failed": failed, "ended before the end": len(left) - failed}
        told = [f"{count} point{'s' * (count > 1)} {how}" for how, count in counts.items() if count]
        raise WorkError(f"{', '.join(told)}; the same command tries again")


def _runner(lab: Lab, options: argparse.Namespace, machines: Cluster | None, progress: Progress) -> Runner:
    """Choose by where the points are to run."""
    from pipeline.site import Ray
    from pipeline.tune.side_by_side import SideBySide

    if machines is None:
        return SideBySide(lab, progress, options.at_once, options.processes)
    if isinstance(machines, Ray):
        from pipeline.tune.on_ray import OnRay

        return OnRay(lab, progress, machines, options.processes)
    from pipeline.tune.on_slurm import OnSlurm

    return OnSlurm(lab, progress, machines)


def _conclude(lab: Lab) -> None:
    """Write down the numbers of what is finished, and print the ranking."""
    from pipeline.tune.results import TABLE, results, write_table

    found = results(lab)
    write_table(lab, found)
    sys.stdout.write(f"{len(found)} of {len(lab.points)} points: {lab.root / TABLE}\n")
    _tell(lab, found)


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
