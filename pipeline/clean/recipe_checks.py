"""What must hold between the cleaning section of a recipe and its sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.recipe_errors import near
from pipeline.yaml_file import Location

if TYPE_CHECKING:
    from pipeline.recipe import Recipe


def copy_problems(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """Yield a problem for each source between which copies are looked for that does not exist, or stands alone."""
    across = recipe.clean.deduplicate.across
    for number, name in enumerate(across):
        if name not in recipe.sources:
            where = ("clean", "deduplicate", "across", number)
            yield where, f"no such source: {name}{near(name, list(recipe.sources))}"
    if len(set(across)) == 1:
        yield ("clean", "deduplicate", "across"), "one source has no others to be compared with; name two or none"
