"""The page of an experiment: everything read, drawn and said, put through the escaping templates of all reports.

It is a function of the points' folders and the findings: the same ones give the same bytes.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import yaml

from pipeline import artifact
from pipeline.report import page
from pipeline.report.numbers import amount
from pipeline.tune.finding import Finding
from pipeline.tune.lab import Lab
from pipeline.tune.report import words
from pipeline.tune.report.cost import conclusions, total
from pipeline.tune.report.curves_chart import curve_charts
from pipeline.tune.report.findings_chart import finding_charts
from pipeline.tune.report.looks import looks
from pipeline.tune.report.ranking_chart import MOST, ranking_chart
from pipeline.tune.report.repetition import Repetition, repetition, small_epochs
from pipeline.tune.report.standing import Standing, read_standing
from pipeline.tune.report.trade_off import trade_offs
from pipeline.tune.results import Result
from pipeline.tune.target import large_run

PAGE = "report.html"


def write_report(lab: Lab, found: Sequence[Result], findings: Sequence[Finding] = ()) -> Path:
    """Write ``report.html`` into the lab's root, whole or not at all, and return its path."""
    path = lab.root / PAGE
    artifact.write_durably(path, render(lab, found, findings).encode())
    return path


def render(lab: Lab, found: Sequence[Result], findings: Sequence[Finding] = ()) -> str:
    """Return the page on the finished points, whose results are given, and on all others."""
    standing = read_standing(lab, found)
    environment = page.environment()
    for function in (words.plus_minus, words.chance, words.duration, words.flops, words.interval, words.error):
        environment.filters[function.__name__] = function
    ranked = standing.verdict is not None
    epochs = _epochs(lab, standing)
    return environment.get_template("tune.html").render(
        experiment=lab.experiment,
        standing=standing,
        words=words,
        places={metric: standing.places(metric) for metric in lab.experiment.metrics},
        ranking=ranking_chart(standing) if ranked else None,
        most=MOST,
        trade_offs=trade_offs(standing),
        curves=list(curve_charts(standing)),
        drawn=len(looks(standing)),
        conclusions=conclusions(standing),
        total=total(standing),
        repetition=_repetition(lab, standing),
        epochs=epochs,
        kept=words.kept(lab.experiment, lab.points[0].recipe),
        read_sources=list(dict.fromkeys(source for each in epochs.values() for source in each)),
        findings=[(finding, list(finding_charts(finding, i))) for i, finding in enumerate(findings)],
        experiment_text=_as_yaml(lab),
        command=shlex.join(["headwater", "tune", lab.path.name, *(["--size", lab.size] if lab.size else [])]),
        stands_for=_stands_for(lab),
        style=page.style(),
    )


def _repetition(lab: Lab, standing: Standing) -> Repetition | None:
    """Return that of the best combination, of the lowest where no combination keeps its bounds."""
    if standing.reference is None:
        return None
    return repetition(lab, standing.finished(standing.reference.combination)[0].result.point)


def _epochs(lab: Lab, standing: Standing) -> dict[str, dict[str, float | None]]:
    """Return combination -> source -> how often its first finished point read it."""
    first = {name: found[0].result.point for name in standing.combinations if (found := standing.finished(name))}
    return {name: {s.source: s.epochs for s in small_epochs(lab, point)} for name, point in first.items()}


def _as_yaml(lab: Lab) -> str:
    data = lab.experiment.model_dump(mode="json", exclude_none=True)
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)


def _stands_for(lab: Lab) -> str:
    """Say what was run and what it stands for."""
    run = lab.experiment.run
    large = large_run(lab.experiment, lab.path)
    small = lab.points[0].recipe.runs[run]
    return (
        f"Every point is run {run} of {lab.experiment.recipe} with {amount(small.tokens)} tokens. It stands for run "
        f"{large.run} of {large.file.name} with {amount(large.tokens)} tokens."
    )
