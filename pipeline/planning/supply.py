"""The supply: what a run can read, and how surely its size is known.

Slices where the run's stream is made, whole sources before that. A size is exact only where the artifact that was
counted is the one the recipe makes; of an older one, and of the recipe's own figures, it is an estimate.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from mixtures.base import Slice
from pipeline import artifact
from pipeline.recipe import Recipe
from pipeline.stream.slice_table import DOCUMENT, SliceFile, load_slices

Basis = Literal["exact", "estimate", "unknown"]


@dataclass(frozen=True)
class Piece:
    """A slice, or a whole source that is not cut yet."""

    name: str
    source: str
    keys: tuple[tuple[str, str], ...]
    tokens: int | None
    """Unique training tokens, None where nobody knows."""
    documents: int | None
    """Training documents, None where nobody has counted."""
    basis: Basis
    """How ``tokens`` is known."""

    def sized(self, tokens: int) -> SliceFile:
        """Return what a director can share out: a slice of this many tokens, without documents."""
        none = np.empty(0, dtype=DOCUMENT)
        return SliceFile(self.name, self.source, self.keys, tokens, "", none, None, None, none)


Supply = Mapping[str, Piece]


def supply(recipe: Recipe, run: str, root: Path, fresh: Container[str]) -> Supply:
    """Return what a run reads or watches, by name. ``fresh`` holds the names of the stages that are up to date."""
    if f"stream/{run}" in fresh:
        files = load_slices(root / "stream" / run).values()
        pieces = [Piece(f.name, f.source, f.keys, f.tokens, len(f.documents), "exact") for f in files]
    else:
        pieces = [_source(recipe, name, root, fresh, recipe.runs[run].keep_of(name)) for name in recipe.read_by(run)]
    return {piece.name: piece for piece in pieces}


def _source(recipe: Recipe, name: str, root: Path, fresh: Container[str], keep: float) -> Piece:
    """Return a source that is not cut yet; how much of it a run keeps is exact only once it is."""
    folder = root / "tokens" / name
    told = recipe.sources[name].expected_tokens
    tokens = None if told is None else round(told * keep)
    piece = Piece(name, name, (), tokens, None, "unknown" if tokens is None else "estimate")
    if not artifact.is_published(folder):
        return piece
    counts = artifact.read_manifest(folder).counts
    basis: Basis = "exact" if f"tokens/{name}" in fresh and keep == 1.0 else "estimate"
    tokens, documents = round(counts["train_tokens"] * keep), round(counts["train_documents"] * keep)
    return replace(piece, tokens=tokens, documents=documents, basis=basis)


def as_slices(pieces: Supply, sizes: Mapping[str, int]) -> dict[str, SliceFile]:
    """Return what a director shares out; ``sizes`` stands in for the unknown ones."""
    return {name: p.sized(p.tokens if p.tokens is not None else sizes[name]) for name, p in pieces.items()}


def weighable(pieces: Supply) -> tuple[Slice, ...]:
    """Return the pieces of known size as methods see them."""
    return tuple(Slice(p.name, p.source, p.keys, p.tokens) for p in pieces.values() if p.tokens is not None)
