"""The recommendation: a complete recipe for the large run with the best combination's fields, and why, in comments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from pipeline import artifact
from pipeline.tune.lab import Lab
from pipeline.tune.points import Point
from pipeline.tune.ranking import rank
from pipeline.tune.results import Result
from pipeline.tune.substitute import checked, with_changes
from pipeline.tune.target import large_run
from pipeline.tune.verdict import Verdict
from pipeline.yaml_file import YamlFile

FILE = "recommendation.yaml"


def write_recommendation(lab: Lab, verdict: Verdict, results: Sequence[Result]) -> Path | None:
    """Write the recipe and return its path; None where no combination keeps its bounds.

    Raises UserError where the large run's recipe has no place for what the small ones varied.
    """
    path = lab.root / FILE
    if verdict.best is None:
        path.unlink(missing_ok=True)
        return None
    point = next(p for p in lab.points if p.combination == verdict.best.combination)
    large = large_run(lab.experiment, lab.path)
    file, whose = YamlFile(large.file), f"{lab.path}: {point.combination} in {large.file}"
    small = f"runs.{lab.experiment.run}."
    changes = {
        f"runs.{large.run}.{field.removeprefix(small)}" if field.startswith(small) else field: value
        for field, value in point.changes.items()
    }
    data = with_changes(file, changes, whose)
    checked(data, file, whose)
    body = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)
    artifact.write_durably(
        path, ("".join(f"# {line}\n" for line in _why(lab, verdict, point, results)) + body).encode()
    )
    return path


def _why(lab: Lab, verdict: Verdict, point: Point, results: Sequence[Result]) -> Iterator[str]:
    """Yield the comments; relative paths of the recipe start where they did."""
    experiment = lab.experiment
    large = large_run(experiment, lab.path)
    tokens = point.recipe.runs[experiment.run].tokens
    yield f"Recommended by experiment {experiment.name}: {point.combination}"
    yield f"from {len(results)} runs of {tokens:,} tokens; run {large.run} here has {large.tokens:,}."
    yield "Measured in the small runs, mean over seeds with a 95 % interval (not a forecast of the large one):"
    for metric in experiment.metrics:
        (place,) = (place for place in rank(results, metric) if place.combination == point.combination)
        yield f"  {metric}: {place.mean:.4f} +- {place.half_width:.4f}"
    if verdict.unbeaten:
        yield f"It does not beat {' and '.join(verdict.unbeaten)} beyond noise."
    if verdict.within_noise:
        yield f"As good within noise: {'; '.join(verdict.within_noise)}. More seeds or longer runs would decide."
    for name, found in verdict.broken.items():
        told = ", ".join(
            f"{metric} {mean:.4f} > {experiment.decide.at_most[metric]:g}" for metric, mean in found.items()
        )
        yield f"Left out: {name} ({told})."
