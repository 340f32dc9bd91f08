"""Schedules as laws see them: the learning rate of every step of a run that is still to come.

Training has the rate of a step at the middle of its tokens, and so has this.
"""

from __future__ import annotations

import numpy as np

from pipeline.recipe import Recipe, Run
from pipeline.tune.laws.fitting import FitError, Floats

MOST_STEPS = 5_000_000
"""A run of more steps is one whose recipe was written for a small batch and only made longer."""
GRID = 20_000
"""Places at which a schedule of more steps is asked; between them and its corners it is taken to be straight."""


def rates_of(run: Run) -> Floats:
    """Return the rate of every optimizer step, shape [steps]."""
    per_step = run.batch * run.sequence_length
    steps = -(-run.tokens // per_step)
    if steps > MOST_STEPS:
        raise FitError(
            f"the large run would have {steps:,} steps of {per_step:,} tokens; give its recipe with its batch"
        )
    where = np.minimum(np.arange(steps, dtype=np.float64) * per_step + per_step // 2, run.tokens)
    if steps <= GRID:
        asked = where
    else:
        asked = np.union1d(
            np.linspace(0, run.tokens, GRID), np.array(run.learning_rate.corners(run.tokens), dtype=float)
        )
    told = [run.learning_rate.value(int(tokens), run.tokens) for tokens in asked]
    return np.asarray(np.interp(where, asked, told), dtype=np.float64)


def rate_before(recipe: Recipe, run: str) -> float:
    """Return the rate at which what a run starts from ended: 0 where that is no run of the recipe (section 4.5)."""
    start = recipe.runs[run].start
    if start.kind != "run":
        return 0.0
    earlier = recipe.runs[start.run]
    return earlier.learning_rate.value(earlier.tokens, earlier.tokens)
