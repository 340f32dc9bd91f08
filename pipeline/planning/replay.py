"""Replay: how much of what a run's start had read is in each of its phases.

It can be told only where the start is a run of the same recipe; what a checkpoint from elsewhere read, nobody wrote
into the recipe unless a ``replay_floor`` names it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mixtures.base import sources_in
from mixtures.replay_floor import ReplayFloor
from pipeline.planning.bounds_watch import layers
from pipeline.planning.budget import Budget
from pipeline.recipe import Recipe

LEAST_REPLAY = 0.05
"""Below this share of the old data the plan warns: 5 % did for a weak shift, 25 % for a new language
(Ibrahim et al. 2403.08763)."""


@dataclass(frozen=True)
class Replay:
    """What a run reads of what came before it."""

    start: str
    """The run it starts from, or the checkpoint's path."""
    sources: tuple[str, ...]
    """What counts as old, by source; empty where nobody knows."""
    shares: tuple[float | None, ...]
    """Of each phase; None where it depends on unknown sizes, and where ``sources`` are empty."""


def replay(recipe: Recipe, run: str, budgets: Mapping[str, Budget]) -> Replay | None:
    """Return the replay of a run, None for one that starts from fresh weights."""
    settings = recipe.runs[run]
    if settings.start.kind == "architecture":
        return None
    if settings.start.kind == "run":
        start, old = settings.start.run, _read_before(recipe, settings.start.run, budgets)
    else:
        start, old = settings.start.path, _named_by_floors(recipe, run)
    shares = tuple(_share(budgets[run], i, phase.tokens, old) for i, phase in enumerate(settings.phases))
    return Replay(start, tuple(name for name in recipe.sources if name in old), shares)


def _read_before(recipe: Recipe, run: str, budgets: Mapping[str, Budget]) -> frozenset[str]:
    """Return the sources that a run read, and the runs before it."""
    start = recipe.runs[run].start
    mine = frozenset(row.source for row in budgets[run].rows)
    return mine | (_read_before(recipe, start.run, budgets) if start.kind == "run" else frozenset())


def _named_by_floors(recipe: Recipe, run: str) -> frozenset[str]:
    floors = [layer for phase in recipe.runs[run].phases for layer in layers(phase.mixture)]
    names = {name for floor in floors if isinstance(floor, ReplayFloor) for name in floor.sources}
    return sources_in(names, recipe.groups)


def _share(budget: Budget, phase: int, tokens: int, old: frozenset[str]) -> float | None:
    if not old:
        return None
    asked = [row.phases[phase] for row in budget.rows if row.source in old]
    known = [amount for amount in asked if amount is not None]
    return math.fsum(known) / tokens if len(known) == len(asked) else None
