"""Slices that a run's mixtures name one by one, and whether they exist: told before anything is trained.

Which values a label has is known once the stream is made; the recipe's own checks have looked at the rest by then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import artifact
from pipeline.recipe_errors import near
from pipeline.stream.slice_table import names_in
from pipeline.yaml_file import Location

if TYPE_CHECKING:
    from pipeline.recipe import Recipe

Weighed = tuple[tuple[Location, str], ...]
"""(field of the recipe, slice that it names)."""


def weighed_by(recipe: Recipe, run: str) -> Weighed:
    """Return the slices that the mixtures of a run name."""
    return tuple(
        (("runs", run, "phases", i, "mixture", *path), name)
        for i, phase in enumerate(recipe.runs[run].phases)
        for path, name in phase.mixture.named_slices().items()
    )


def unknown_slices(weighed: Weighed, names: Sequence[str]) -> Iterator[tuple[Location, str]]:
    """Yield (field, what is wrong) for every slice that is not among the names of a stream."""
    for where, name in weighed:
        if name not in names:
            related = [known for known in names if known.split("/")[0] == name.split("/")[0]]
            yield where, f"no such slice{near(name, related or list(names))}"


def unknown_by_now(recipe: Recipe, root: Path) -> Iterator[tuple[Location, str]]:
    """Yield the same for every run whose stream is there, cut as the recipe says."""
    for run in recipe.runs:
        weighed, stream = weighed_by(recipe, run), root / "stream" / run
        if weighed and artifact.is_published(stream) and _is_cut_by(recipe, stream):
            yield from unknown_slices(weighed, names_in(stream))


def _is_cut_by(recipe: Recipe, stream: Path) -> bool:
    keys = [cut.model_dump(mode="json") for cut in recipe.slices]
    return all(part["keys"] == keys for part in artifact.read_manifest(stream).settings["sources"].values())
