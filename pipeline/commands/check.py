"""``headwater check``: every problem of a recipe, with file and line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.commands.places import add_recipe, root_of
from pipeline.errors import UserError

if TYPE_CHECKING:
    from pipeline.recipe import Recipe


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("check", help="say what is wrong with a recipe, and with the files that it names")
    add_recipe(parser)
    parser.add_argument("--strict", action="store_true", help="what is not here yet is an error too")
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Raise UserError with every problem; say which named files are not there yet."""
    from pipeline.recipe_files import absent, faults, line_of, missing_text, unset, warnings, warnings_here
    from pipeline.stream.weighed import unknown_by_now
    from pipeline.yaml_file import YamlFile

    recipe, file, data = _sound(options.recipe, options.data), YamlFile(options.recipe), options.data
    wrong = [*unknown_by_now(recipe, root_of(options, recipe)), *faults(recipe, data)]
    away = [(where, path, missing_text(where, path, data)) for where, path in absent(recipe, data)]
    away += [(where, name, "no such environment variable is set") for where, name in unset(recipe)]
    if options.strict:
        wrong += [(where, f"{name}: {why} (paths start at {data.resolve()})") for where, name, why in away]
    if wrong:
        raise UserError("\n".join(dict.fromkeys(line_of(file, where, what) for where, what in wrong)))
    counts = f"{_count(len(recipe.sources), 'source')}, {_count(len(recipe.runs), 'run')}"
    sys.stdout.write(f"{options.recipe}: sound: {counts}\n")
    for where, what in [*warnings(recipe, data), *warnings_here(recipe)]:
        sys.stdout.write(f"warning: {line_of(file, where, what)}\n")
    for where, name, why in away:
        _, _, hint = why.rpartition("; ")
        more = f" ({hint})" if "hf download" in hint or "hub" in hint else ""
        sys.stdout.write(f"  not here yet: {'.'.join(map(str, where))}: {name}{more}\n")


def _sound(path: Path, data: Path) -> Recipe:
    """Return a recipe whose sections fit together; raise UserError with all that is wrong, in its files too."""
    from pipeline.recipe import read_recipe
    from pipeline.recipe_files import faults_alone, line_of
    from pipeline.yaml_file import YamlFile

    recipe, problems = read_recipe(path)
    if recipe is not None and not problems:
        return recipe
    if recipe is not None:
        file = YamlFile(path)
        problems += [line_of(file, where, what) for where, what in faults_alone(recipe, data)]
    raise UserError("\n".join(dict.fromkeys(problems)))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
