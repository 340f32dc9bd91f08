"""``headwater amend``: change the recipe of a stopped or a running run from its next round on."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from pipeline import shipped
from pipeline.errors import UserError


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("amend", help="change a stopped or running run from its next round on")
    parser.add_argument("run", type=Path, metavar="RUN", help="a run's folder, such as work/demo/runs/cpt")
    parser.add_argument("recipe", type=shipped.recipe, metavar="RECIPE", help="the whole recipe as it shall be (YAML)")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why; kept with the run")
    parser.add_argument(
        "--data", type=Path, default=Path(), help="where relative paths in the recipe start (default: .)"
    )
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="processes for data stages (default: all cores)"
    )
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Amend the run, then say what changed and what to do next."""
    from pipeline.recipe import load_recipe

    if options.workers < 1 or not options.reason.strip():
        raise UserError("--workers is 1 or more, and --reason says why")
    recipe = load_recipe(options.recipe)
    from pipeline.amend import amend
    from pipeline.recipe_files import refuse
    from pipeline.stage import Where
    from pipeline.yaml_file import YamlFile

    target, data = options.run.resolve(), options.data.resolve()
    refuse(recipe, YamlFile(options.recipe), data, {f"corpus/{name}" for name in recipe.sources})
    root = target.parents[1]
    done = amend(target, recipe, data, options.reason.strip(), Where(root, options.workers))
    sys.stdout.write(f"{options.run}: amendment {done.segment}\n" + "".join(f"  {line}\n" for line in done.changes))
    go_on = f"headwater run {options.recipe} --root {options.run.parent.parent}"
    if done.running:
        sys.stdout.write(f"it is training, and takes this up at its next round; from now on use: {go_on}\n")
    else:
        sys.stdout.write(f"it takes this up when it goes on: {go_on}\n")
