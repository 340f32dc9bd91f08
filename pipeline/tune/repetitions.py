"""Repetitions: how often small runs read each source and how often the large run would, for the same shares.

What small runs say holds for a large one that repeats as they do; a plan that shows both lets one see that it will.
Sizes are those that the recipes expect, for that is what small runs keep their part of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.errors import UserError
from pipeline.planning.budget import budget_of
from pipeline.planning.supply import supply
from pipeline.recipe import Recipe
from pipeline.tune.points import Point
from pipeline.tune.target import LargeRun

MOST = 12
"""Combinations that are told: each takes a forecast of a small run and one of a large one."""

Epochs = Mapping[str, float | None]
"""Source -> how often it is read; None where its size or its share is unknown."""


def epochs(recipe: Recipe, run: str, nowhere: Path) -> Epochs:
    """Return how often a run reads each source; ``nowhere`` is a folder without artifacts."""
    return {row.source: row.epochs for row in budget_of(recipe, run, supply(recipe, run, nowhere, ())).rows}


def repetitions(points: list[Point], run: str, large: LargeRun, nowhere: Path) -> Iterator[str]:
    """Yield a line for every combination: each source with its epochs in the small run and in the large one."""
    combinations = {point.combination: point for point in reversed(points)}
    told = list(reversed(combinations.values()))[:MOST]
    more = f" (the first {MOST} combinations)" if len(combinations) > MOST else ""
    yield f"times that each source is read, in a point / in the large run{more}:"
    for point in told:
        try:
            _, recipe = large.adopting(point.changes, run, f"{point.combination} in {large.file}")
        except UserError as error:
            yield f"  {point.combination}: the large run has no place for it: {error}"
            continue
        here, there = epochs(point.recipe, run, nowhere), epochs(recipe, large.run, nowhere)
        pairs = (f"{name} {_times(here.get(name))} / {_times(there.get(name))}" for name in {**here, **there})
        yield f"  {point.combination}: {', '.join(pairs)}"


def _times(value: float | None) -> str:
    return "?" if value is None else f"{value:.2g}"
