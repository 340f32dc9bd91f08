"""The recommendation: a complete recipe for the large run with the best combination's fields, and why, in comments."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from pipeline import artifact
from pipeline.tune.finding import Finding
from pipeline.tune.lab import Lab
from pipeline.tune.points import Point
from pipeline.tune.ranking import plus_minus, rank
from pipeline.tune.results import Result
from pipeline.tune.target import large_run
from pipeline.tune.verdict import Verdict

FILE = "recommendation.yaml"


def write_recommendation(
    lab: Lab, verdict: Verdict, results: Sequence[Result], findings: Sequence[Finding] = ()
) -> Path | None:
    """Write the recipe and return its path; None where no combination keeps its bounds.

    Raises UserError where the large run's recipe has no place for what the small ones varied.
    """
    path = lab.root / FILE
    if verdict.best is None:
        path.unlink(missing_ok=True)
        return None
    point = next(p for p in lab.points if p.combination == verdict.best.combination)
    large = large_run(lab.experiment, lab.path)
    whose = f"{lab.path}: {point.combination} in {large.file}"
    data, _ = large.adopting(point.changes, lab.experiment.run, whose)
    body = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)
    artifact.write_durably(
        path, ("".join(f"# {line}\n" for line in _why(lab, verdict, point, results, findings)) + body).encode()
    )
    return path


def _why(
    lab: Lab, verdict: Verdict, point: Point, results: Sequence[Result], findings: Sequence[Finding]
) -> Iterator[str]:
    """Yield the comments; relative paths of the recipe start where they did."""
    experiment = lab.experiment
    large = large_run(experiment, lab.path)
    tokens = point.recipe.runs[experiment.run].tokens
    yield f"Recommended by experiment {experiment.name}: {point.combination}"
    yield f"from {len(results)} runs of {tokens:,} tokens; run {large.run} here has {large.tokens:,}."
    yield "Measured in the small runs, mean over seeds with a 95 % interval:"
    for metric in experiment.metrics:
        (place,) = (place for place in rank(results, metric) if place.combination == point.combination)
        yield f"  {metric}: {plus_minus(place.mean, place.half_width)}"
    yield from _expected(point, findings)
    if against := [*_against(lab, verdict), *_would_change(lab, point, findings)]:
        yield "What speaks against it, and what would change the decision:"
        yield from (f"  {line}" for line in against)


def _against(lab: Lab, verdict: Verdict) -> Iterator[str]:
    """Yield what the measured points have against the best one."""
    bounds = lab.experiment.decide.at_most
    if verdict.unbeaten:
        yield f"It does not beat {' and '.join(verdict.unbeaten)} beyond noise."
    if verdict.within_noise:
        yield f"As good within noise: {'; '.join(verdict.within_noise)}. More seeds or longer runs would decide."
    ranks = [place.combination for place in verdict.places]
    best = ranks.index(verdict.best.combination) if verdict.best else len(ranks)
    for name, found in verdict.broken.items():
        told = ", ".join(f"{metric} {mean:.4f} > {bounds[metric]:g}" for metric, mean in found.items())
        better = ranks.index(name) < best
        yield f"Left out: {name} ({told}).{' With a wider bound it would be better.' if better else ''}"


def _expected(point: Point, findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the forecasts for the large run, and over what they extrapolate."""
    forecasts = [(f.title, [told for told in f.forecasts if told.of == point.combination]) for f in findings]
    if not any(about for _, about in forecasts):
        yield "No law says what the large run will come to."
        return
    yield "Expected of the large run, with a 95 % interval over seeds:"
    for title, about in forecasts:
        for told in about:
            interval = "no interval" if math.isnan(told.low) else f"{told.low:.4f} to {told.high:.4f}"
            yield f"  {told.metric}: {told.value:.4f} ({interval}; {title.lower()})"
        for phrase in dict.fromkeys(phrase for told in about for phrase in told.beyond):
            yield f"    extrapolates: {phrase}"


def _would_change(lab: Lab, point: Point, findings: Sequence[Finding]) -> Iterator[str]:
    """Yield what laws say for another decision."""
    bounds = lab.experiment.decide.at_most
    for finding in findings:
        for told in finding.forecasts:
            bound = bounds.get(told.metric)
            if bound is not None and told.of == point.combination and max(told.value, told.high) > bound:
                may = "is expected to" if told.value > bound else "may"
                yield f"The large run {may} break {told.metric} at most {bound:g}; one that keeps it would be better."
        for statement in finding.would_change:
            yield f"{finding.title}: {statement}"
