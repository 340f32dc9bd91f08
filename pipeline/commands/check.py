"""``headwater check``: every problem of a recipe, with file and line."""

from __future__ import annotations

import argparse
import glob
import sys
from typing import TYPE_CHECKING, Any

from pipeline.commands.places import add_recipe, root_of
from pipeline.errors import UserError

if TYPE_CHECKING:
    from pipeline.recipe import Recipe


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("check", help="say what is wrong with a recipe")
    add_recipe(parser)
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Raise UserError with every problem; say which named files are not there yet."""
    from pipeline.recipe import load_recipe
    from pipeline.stream.weighed import unknown_by_now
    from pipeline.yaml_file import YamlFile

    recipe = load_recipe(options.recipe)
    if unknown := list(unknown_by_now(recipe, root_of(options, recipe))):
        file = YamlFile(options.recipe)
        lines = [f"{file.path}:{file.line(where)}: {'.'.join(map(str, where))}: {what}" for where, what in unknown]
        raise UserError("\n".join(lines))
    sys.stdout.write(f"{options.recipe}: sound: {len(recipe.sources)} sources, {len(recipe.runs)} runs\n")
    for line in _absent(options, recipe):
        sys.stdout.write(f"  not here yet: {line}\n")


def _absent(options: argparse.Namespace, recipe: Recipe) -> list[str]:
    """Return the files that the recipe names and that a run would need first."""
    named = [
        (f"sources.{name}", path)
        for name, source in recipe.sources.items()
        for path in getattr(source.read, "paths", ())
    ]
    named += [
        (f"runs.{name}.start", f"{run.start.path}/config.json")
        for name, run in recipe.runs.items()
        if run.start.kind == "checkpoint"
    ]
    if recipe.tokenizer.kind == "file":
        named.append(("tokenizer", recipe.tokenizer.path))
    if recipe.clean.language_model:
        named.append(("clean.language_model", recipe.clean.language_model))
    return [f"{where}: {path}" for where, path in named if not glob.glob(str(options.data / path), recursive=True)]
