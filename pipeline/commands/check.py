"""``headwater check``: every problem of a recipe, with file and line."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from pipeline.commands.places import add_recipe, root_of
from pipeline.errors import UserError


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("check", help="say what is wrong with a recipe")
    add_recipe(parser)
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Raise UserError with every problem; say which named files are not there yet."""
    from pipeline.recipe import load_recipe
    from pipeline.recipe_files import absent, faults, line_of
    from pipeline.stream.weighed import unknown_by_now
    from pipeline.yaml_file import YamlFile

    recipe, file = load_recipe(options.recipe), YamlFile(options.recipe)
    if wrong := [*unknown_by_now(recipe, root_of(options, recipe)), *faults(recipe, options.data)]:
        raise UserError("\n".join(line_of(file, where, what) for where, what in wrong))
    sys.stdout.write(f"{options.recipe}: sound: {len(recipe.sources)} sources, {len(recipe.runs)} runs\n")
    for where, path in absent(recipe, options.data):
        sys.stdout.write(f"  not here yet: {'.'.join(map(str, where))}: {path}\n")
