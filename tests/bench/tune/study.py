"""The pocket study: what every shipped experiment that was run to its end came to, and what its laws foretold.

First, for every experiment: ``headwater tune mixtures/experiments/NAME.yaml --root work/study``; all share one root, so
that texts, base model and equal baselines are made once. Then ``python tests/bench/tune/study.py work/study`` reads
the finished points again and prints one JSON object. Losses do not depend on speed, so nothing here is a ratio.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.tune.evidence import gather
from pipeline.tune.findings import findings
from pipeline.tune.lab import Lab
from pipeline.tune.laws.learning_dynamics import NEW_TEXT, OLD_TEXT, fit_dynamics
from pipeline.tune.merging import merged
from pipeline.tune.merging_finding import merging_finding
from pipeline.tune.ranking import rank
from pipeline.tune.results import Result, results
from pipeline.tune.verdict import decide

EXPERIMENTS = ("synthetic", "corruption", "ratio", "order", "disciplines", "swarm", "schedule")
OLD = "english"
"""The metric over text that the change of data leads away from."""


def told(lab: Lab, found: list[Result]) -> dict[str, Any]:
    """Return every metric's ranking, and the verdict."""
    verdict = decide(found, lab.experiment.decide)
    gaps = {gap.combination: gap for gap in verdict.others}
    return {
        "question": lab.experiment.question,
        "points": f"{len(found)} of {len(lab.points)}",
        "metrics": {
            metric: {place.combination: [shown(place.mean), shown(place.half_width)] for place in rank(found, metric)}
            for metric in lab.experiment.metrics
        },
        "best": verdict.best.combination if verdict.best else None,
        "differences from the best: mean, half of the 95 % interval, corrected p": {
            name: [shown(gap.mean), shown(gap.half_width), shown(gap.p)] for name, gap in gaps.items()
        },
        "breaks a bound": verdict.broken,
        "baselines not beaten": verdict.unbeaten,
        "laws": [
            {"title": finding.title, "statements": finding.statements}
            for finding in findings(gather(lab, found, verdict))
        ],
    }


def shown(value: float) -> float | None:
    """Return a number to four places; None for the interval of a single seed, which is no number."""
    return None if math.isnan(value) else round(value, 4)


def merging(lab: Lab, found: list[Result]) -> list[str]:
    """Return the sentences on merging."""
    assert lab.experiment.merging
    foretold = list(merged(lab, [result.point for result in found], lab.experiment.merging.factor))
    return list(merging_finding(foretold, found).statements)


def schedules(lab: Lab, found: list[Result]) -> Iterator[dict[str, Any]]:
    """Yield how well each schedule's losses are foretold by a law fitted to the two others."""
    runs = {r.point.levels["schedule"]: lab.outcome(r.point) for r in found if "schedule" in r.point.levels}
    for metric, settings in lab.experiment.metrics.items():
        law = OLD_TEXT if metric == OLD else NEW_TEXT
        told = {name: fitted_to(settings.curve(outcome), outcome.steps) for name, outcome in runs.items()}
        for left_out, (rates, losses) in told.items():
            dynamics = fit_dynamics(law, [run for name, run in told.items() if name != left_out])
            curve = dynamics.losses(rates)
            steps = [step for step in losses if step]
            errors = [abs(curve[step - 1] - losses[step]) / losses[step] for step in steps]
            yield {
                "metric": metric,
                "schedule left out": left_out,
                "relative error at its end": round(float(errors[-1]), 5),
                "mean relative error over the run": round(float(np.mean(errors)), 5),
                "validations": len(steps),
            }


def fitted_to(curve: list[tuple[int, float]], steps: Any) -> tuple[list[float], dict[int, float]]:
    """Return the learning rate of every step, and steps done -> loss."""
    done = {0: 0, **{int(row["tokens"]): i for i, row in enumerate(steps, 1)}}
    return [float(row["learning_rate"]) for row in steps], {done[tokens]: loss for tokens, loss in curve}


def main() -> None:
    """Print the study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    root = parser.parse_args().root.resolve()
    experiments = Path(__file__).resolve().parents[3] / "mixtures" / "experiments"
    study: dict[str, Any] = {"command": f"python tests/bench/tune/study.py {parser.parse_args().root}"}
    for name in EXPERIMENTS:
        lab = Lab(experiments / f"{name}.yaml", Path.cwd(), root)
        if len(found := results(lab)) < len(lab.points):
            continue
        study[name] = told(lab, found)
        if lab.experiment.merging:
            study[name]["merging"] = merging(lab, found)
        if name == "schedule":
            study[name]["foretold from the other schedules"] = list(schedules(lab, found))
    json.dump(study, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
