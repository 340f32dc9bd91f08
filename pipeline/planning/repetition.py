"""Repetition at proxy and at target scale: how often each slice is read here, and would be by the run it stands for.

A small run that reads everything once says little about a long one that reads some of it five times. Simulated
epoching makes the small run repeat as the long one would: of every source it keeps the fraction by which the run is
shorter. The longer run is forecast with all phases stretched alike, so that caps act there as they would.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.planning.budget import Budget, predict
from pipeline.planning.forecast import Stop
from pipeline.recipe import Recipe, Run


@dataclass(frozen=True)
class Target:
    """A run, made as long as the one it stands for."""

    tokens: int
    keep: float
    """Fraction of every source's documents with which the short run repeats like the long one; below 1."""
    epochs: Mapping[str, float | None]
    """How often each slice of the budget would be read; None where its size or share is unknown."""
    stop: Stop | None
    """Where the long run could not go on."""


def at_target(recipe: Recipe, budget: Budget, tokens: int) -> Target | None:
    """Return the repetition of a run of ``tokens``, None where the run itself is as long or longer."""
    run = recipe.runs[budget.run]
    if tokens <= run.tokens:
        return None
    told = predict(recipe, stretched(run, tokens), budget.pieces)
    epochs: dict[str, float | None] = {}
    for row in budget.rows:
        read = sum(phase.read.get(row.slice, 0) for phase in told.phases)
        epochs[row.slice] = read / row.unique if row.unique and None not in row.read else None
    return Target(tokens, run.tokens / tokens, epochs, told.stop)


def stretched(run: Run, tokens: int) -> Run:
    """Return the run with all phases longer by one factor, ``tokens`` in all."""
    ends, done = [], 0
    for phase in run.phases:
        done += phase.tokens
        ends.append(done * tokens // run.tokens)
    lengths = [end - begin for begin, end in zip([0, *ends], ends, strict=False)]
    phases = tuple(p.model_copy(update={"tokens": n}) for p, n in zip(run.phases, lengths, strict=True))
    return run.model_copy(update={"phases": phases})
