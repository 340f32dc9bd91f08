"""The budget: how many tokens of each source a run asks for, worked out from the recipe before anything is read.

Where a source has been tokenised its exact size is used, else the recipe's estimate; epochs follow from either.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from mixtures.base import Situation, Slice
from pipeline import artifact
from pipeline.recipe import Phase, Recipe

MANY_EPOCHS = 4.0
"""Repeating data up to about four times costs little (Muennighoff et al. 2305.16264); beyond that the plan warns."""


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
    shares = [_shares(recipe, phase, sizes) for phase in phases]
    sources = [name for name in recipe.sources if any(share.get(name) for share in shares)]
    return [
        Row(run, name, tuple(p.tokens * s.get(name, 0.0) for p, s in zip(phases, shares, strict=True)), sizes[name])
        for name in sources
    ]


def _shares(recipe: Recipe, phase: Phase, sizes: dict[str, int | None]) -> dict[str, float]:
    slices = tuple(Slice(name, name, (), sizes[name] or 1) for name in recipe.sources)
    return phase.mixture.choose(Situation(slices, recipe.groups, progress=0.0, tokens=0))


def warnings(rows: list[Row]) -> list[str]:
    """Return what someone should know before paying for the run."""
    return [
        f"{row.run}: {row.source} is read {row.epochs:.1f} times; more than {MANY_EPOCHS:g} epochs of the same text "
        "rarely pay"
        for row in rows
        if row.epochs and row.epochs > MANY_EPOCHS
    ]
