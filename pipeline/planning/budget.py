"""The budget: how many tokens of each slice a run asks for and reads, and how often, before anything is spent.

It comes from a forecast with the run's own director. Where sizes are unknown, two forecasts with very different
sizes in their place are made: a share in which they differ follows those sizes and is unknown as well.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.planning.epoch_ends import EpochEnd
from pipeline.planning.forecast import Forecast, Observer, Stop, forecast, phase_steps
from pipeline.planning.supply import Basis, Piece, Supply, as_slices, supply
from pipeline.recipe import Recipe, Run
from pipeline.stream.open_run import director_from_start

SAME = 1e-6
"""Shares that differ by less, as a fraction, are the same."""


@dataclass(frozen=True)
class Row:
    """One slice in one run."""

    run: str
    slice: str
    source: str
    phases: tuple[float | None, ...]
    """Tokens asked of the slice in each phase, for phases of exactly the recipe's lengths; None where unknown."""
    read: tuple[int | None, ...]
    """Tokens that the rounds of each phase hold, in whole sequences and whole steps; None where unknown."""
    unique: int | None
    """Unique training tokens, None where unknown."""
    basis: Basis
    """How ``unique`` is known."""
    documents: int | None
    ends: tuple[EpochEnd, ...]
    """Where its first epochs end; the first of them is where it is exhausted."""

    @property
    def tokens(self) -> float | None:
        """Tokens asked over all phases."""
        return _sum(self.phases)

    @property
    def epochs(self) -> float | None:
        """How often the slice is read; None where its size or its share is unknown."""
        read = _sum(self.read)
        return read / self.unique if self.unique and read is not None else None

    def unique_in(self, phase: int) -> int | None:
        """Return the tokens that a phase reads at least once."""
        read = self.read[phase]
        return None if read is None or self.unique is None else min(read, self.unique)

    def first_read(self, phase: int) -> float | None:
        """Return the tokens of a phase that no phase has read before."""
        before, after = _sum(self.read[:phase]), _sum(self.read[: phase + 1])
        if before is None or after is None or self.unique is None:
            return None
        return min(after, self.unique) - min(before, self.unique)


@dataclass(frozen=True)
class Budget:
    """One run: its rows and where it stops early, if it does."""

    run: str
    rows: tuple[Row, ...]
    steps: tuple[int, ...]
    """Of each phase."""
    stop: Stop | None
    pieces: Supply


def budget(recipe: Recipe, root: Path, fresh: Container[str] = ()) -> list[Row]:
    """Return a row for every slice of every run. ``fresh`` names the stages that are up to date."""
    return [row for run in recipe.runs for row in budget_of(recipe, run, supply(recipe, run, root, fresh)).rows]


def budget_of(recipe: Recipe, run: str, pieces: Supply, observers: Iterable[Observer] = ()) -> Budget:
    """Return the budget of a run over the slices or sources that it has."""
    settings = recipe.runs[run]
    told = predict(recipe, settings, pieces, observers=observers)
    unknown = [name for name, piece in pieces.items() if piece.tokens is None]
    other = predict(recipe, settings, pieces, reverse=True) if unknown else told
    steps = tuple(phase_steps(settings))
    asked = [name for name in pieces if any(phase.asked.get(name) for phase in told.phases)]
    rows = tuple(_row(run, pieces[name], settings, steps, told, other) for name in asked)
    return Budget(run, rows, steps, told.stop, pieces)


def predict(
    recipe: Recipe, run: Run, pieces: Supply, *, reverse: bool = False, observers: Iterable[Observer] = ()
) -> Forecast:
    """Return the forecast of a run. Unknown sizes are taken to be far larger than the run, in one order or ``reverse``.

    So large that no repetition cap is reached: whether one would be is for a warning to say.
    """
    unknown = [name for name, piece in pieces.items() if piece.tokens is None]
    largest = max([run.tokens, *(piece.tokens or 0 for piece in pieces.values())])
    # Two ways to number them, such that no ratio between two sizes is the same in both.
    sizes = {
        name: largest * (10**6 * (len(unknown) - i) if reverse else 10**3 * (i + 1)) for i, name in enumerate(unknown)
    }
    slices = as_slices(pieces, sizes)
    # Nothing is packed for a plan: what packing pads would make epochs a little longer than they are here.
    plain = run.model_copy(update={"packing": {}})
    seed = recipe.seed if run.seed is None else run.seed
    return forecast(director_from_start(Path(), plain, recipe.groups, slices, seed), observers=observers)


def _row(run: str, piece: Piece, settings: Run, steps: tuple[int, ...], told: Forecast, other: Forecast) -> Row:
    per_step = settings.batch * settings.sequence_length
    phases: list[float | None] = []
    read: list[int | None] = []
    for i, (one, two) in enumerate(zip(told.phases, other.phases, strict=True)):
        asked = one.asked.get(piece.name, 0.0)
        known = math.isclose(asked, two.asked.get(piece.name, 0.0), rel_tol=SAME)
        phases.append(settings.phases[i].tokens * (asked / (steps[i] * per_step)) if known else None)
        read.append(one.read.get(piece.name, 0) if known else None)
    sure = piece.tokens is not None and None not in read
    ends = tuple(told.ends.get(piece.name, ())) if sure else ()
    return Row(
        run, piece.name, piece.source, tuple(phases), tuple(read), piece.tokens, piece.basis, piece.documents, ends
    )


def _sum(values: Iterable[float | None]) -> float | None:
    total = 0.0
    for value in values:
        if value is None:
            return None
        total += value
    return total
