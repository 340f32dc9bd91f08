"""The budget: how many tokens of each source a run asks for, worked out from the recipe before anything is read.

Where a source has been tokenised its exact size is used, else the recipe's estimate; epochs follow from either.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from mixtures.base import Situation, Slice
from pipeline import artifact
from pipeline.errors import UserError
from pipeline.recipe import Phase, Recipe

MANY_EPOCHS = 4.0
"""Repeating data up to about four times costs little (Muennighoff et al. 2305.16264); beyond that the plan warns."""

POINTS = 64
"""A phase is asked at this many places, for methods whose shares move; of straight moves the mean is exact."""


@dataclass(frozen=True)
class Row:
    """One source in one run. Tokens are exact fractions of phases, not rounded to sequences."""

    run: str
    source: str
    phases: tuple[float, ...]
    """Tokens asked of the source in each phase."""
    unique: int | None
    """Unique training tokens: exact if tokenised, else the recipe's estimate, else None."""

    @property
    def tokens(self) -> float:
        """Tokens over all phases."""
        return math.fsum(self.phases)

    @property
    def epochs(self) -> float | None:
        """Times the source is read, where its size is known."""
        return self.tokens / self.unique if self.unique else None


def budget(recipe: Recipe, root: Path) -> list[Row]:
    """Return a row for every source of every run."""
    sizes = {name: unique_tokens(recipe, name, root) for name in recipe.sources}
    return [row for run in recipe.runs for row in _rows(recipe, run, sizes)]


def unique_tokens(recipe: Recipe, source: str, root: Path) -> int | None:
    """Return the training tokens of a source: from its artifact, else the recipe's estimate."""
    folder = root / "tokens" / source
    if artifact.is_published(folder):
        return int(artifact.read_manifest(folder).counts["train_tokens"])
    return recipe.sources[source].tokens


def _rows(recipe: Recipe, run: str, sizes: dict[str, int | None]) -> list[Row]:
    phases = recipe.runs[run].phases
    asked = _asked(recipe, phases, sizes)
    sources = [name for name in recipe.sources if any(tokens.get(name) for tokens in asked)]
    return [Row(run, name, tuple(tokens.get(name, 0.0) for tokens in asked), sizes[name]) for name in sources]


def _asked(recipe: Recipe, phases: tuple[Phase, ...], sizes: dict[str, int | None]) -> list[dict[str, float]]:
    """Return the tokens of each source in each phase, without signals and with every source as one slice."""
    asked: list[dict[str, float]] = []
    for phase in phases:
        shares: dict[str, list[float]] = {name: [] for name in recipe.sources}
        for point in range(POINTS):
            read = {
                name: math.fsum([*(earlier[name] for earlier in asked), phase.tokens * math.fsum(taken) / POINTS])
                for name, taken in shares.items()
            }
            for name, share in _shares(recipe, phase, sizes, point, read).items():
                shares[name].append(share)
        asked.append({name: phase.tokens * (math.fsum(taken) / POINTS) for name, taken in shares.items()})
    return asked


def _shares(
    recipe: Recipe, phase: Phase, sizes: dict[str, int | None], point: int, read: dict[str, float]
) -> dict[str, float]:
    part = phase.tokens / POINTS
    situation = Situation(
        slices=tuple(Slice(name, name, (), size or 1) for name, size in sizes.items()),
        groups=recipe.groups,
        progress=point / POINTS,
        tokens=round(math.fsum(read.values())),
        epochs={name: read[name] / size for name, size in sizes.items() if size},
        round_progress=1 / POINTS,
        # Nothing can be said about what is left of a source of unknown size.
        round_tokens=int(part) if all(sizes.values()) else 0,
    )
    try:
        return phase.mixture.choose(situation)
    except ValueError as error:
        raise UserError(f"phase {phase.name!r}, after {situation.tokens:,} tokens: {error}") from error


def warnings(rows: list[Row]) -> list[str]:
    """Return what someone should know before paying for the run."""
    return [
        f"{row.run}: {row.source} is read {row.epochs:.1f} times; more than {MANY_EPOCHS:g} epochs of the same text "
        "rarely pay"
        for row in rows
        if row.epochs and row.epochs > MANY_EPOCHS
    ]
