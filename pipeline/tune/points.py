"""Points: the recipes that an experiment runs, each named by its levels and its seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.artifact import canonical
from pipeline.errors import UserError
from pipeline.recipe import Recipe
from pipeline.recipe_errors import near
from pipeline.tune.experiment import Experiment, base_of
from pipeline.tune.factors import Changes
from pipeline.tune.substitute import checked, with_changes
from pipeline.tune.target import large_run
from pipeline.yaml_file import YamlFile

BASELINES = ("natural", "stratified")
"""Mixtures that every experiment holds its points against."""


@dataclass(frozen=True)
class Point:
    """One run of an experiment."""

    levels: Mapping[str, str]
    """Factor -> label; of a baseline, ``baseline`` -> its mixture."""
    changes: Mapping[str, Any]
    """Field of the base recipe -> value, of what the large run shall have: without the seed and a ladder's rungs."""
    seed: int
    recipe: Recipe

    @property
    def combination(self) -> str:
        """What it shares with the runs of the other seeds: ``ratio=0.2,order=ascending``."""
        return ",".join(f"{factor}={label}" for factor, label in self.levels.items())

    @cached_property
    def name(self) -> str:
        """Its folder: the combination, the seed, and a hash of all it depends on, so that edits make another point."""
        digest = hashlib.sha256(canonical(self.recipe.model_dump(mode="json")).encode()).hexdigest()[:8]
        return f"{self.combination}/seed={self.seed}-{digest}"

    @property
    def is_baseline(self) -> bool:
        """Whether it is one of those that every experiment has."""
        return "baseline" in self.levels


def points_of(experiment: Experiment, path: Path) -> list[Point]:
    """Return all points; raise UserError with every problem of every point's recipe.

    A combination that two draws of a design come to is run once.
    """
    file = YamlFile(base_of(experiment, path))
    base = _base(file, experiment, path)
    points: dict[str, Point] = {}
    problems: dict[str, None] = {}
    always = {**_kept(experiment, base, path), **_watched(experiment, base)}
    rungs = experiment.rungs
    for levels, varied in (*_varied(experiment), *_baselines(experiment, base)):
        for seed in experiment.seeds:
            whose = f"{path}: point {','.join(f'{k}={v}' for k, v in levels.items())}"
            written = {field: value for one in varied.values() for field, value in one.items()}
            every = {**always, **written, f"runs.{experiment.run}.seed": seed}
            try:
                recipe = checked(with_changes(file, every, whose), file, whose)
            except UserError as error:
                problems.update(dict.fromkeys(str(error).splitlines()))
                continue
            kept = (one for factor, one in varied.items() if factor not in rungs)
            changes = {field: value for one in kept for field, value in one.items()}
            point = Point(levels, changes, seed, recipe)
            points[point.name] = point
    if problems:
        raise UserError("\n".join(problems))
    return list(points.values())


def _base(file: YamlFile, experiment: Experiment, path: Path) -> Recipe:
    whose = f"{path}: recipe"
    recipe = checked(with_changes(file, {}, whose), file, whose)
    if experiment.run not in recipe.runs:
        raise UserError(f"{path}: run: {file.path} has no such run{near(experiment.run, list(recipe.runs))}")
    names = {name for metric in experiment.metrics.values() for name in metric.asked}
    if unknown := sorted(names - set(recipe.sources)):
        lines = (f"{path}: metrics: no such source: {name}{near(name, list(recipe.sources))}" for name in unknown)
        raise UserError("\n".join(lines))
    return recipe


Varied = tuple[dict[str, str], dict[str, Changes]]
"""Factor -> label, and factor -> changes."""


def _varied(experiment: Experiment) -> Iterator[Varied]:
    for combination in experiment.design.combinations(experiment.factors, experiment.seed):
        levels = {factor: label for factor, (label, _) in combination.items()}
        yield levels, {factor: changes for factor, (_, changes) in combination.items()}


def _baselines(experiment: Experiment, recipe: Recipe) -> Iterator[Varied]:
    """Yield the run with every phase's mixture by size alone, and with equal shares, over what it reads."""
    phases = recipe.runs[experiment.run].phases
    watched = set(recipe.runs[experiment.run].watch)
    read = [name for name in recipe.read_by(experiment.run) if name not in watched]
    for kind in BASELINES:
        mixture = {"kind": kind, "sources": read}
        changes = {f"runs.{experiment.run}.phases.{i}.mixture": mixture for i in range(len(phases))}
        yield {"baseline": kind}, {"baseline": changes}


def _watched(experiment: Experiment, base: Recipe) -> dict[str, Any]:
    """Return the change that lets every point validate what metrics ask about, whether it reads it or not."""
    asked = [name for metric in experiment.metrics.values() for name in metric.asked]
    return {f"runs.{experiment.run}.watch": list(dict.fromkeys([*base.runs[experiment.run].watch, *asked]))}


def _kept(experiment: Experiment, small: Recipe, path: Path) -> dict[str, Any]:
    """Return the change that lets the small run repeat documents as often as the target will."""
    if not experiment.match_repetition:
        return {}
    shares = large_run(experiment, path).keep(small, experiment.run)
    return {f"runs.{experiment.run}.keep": shares} if shares else {}
