"""``headwater report``: write the recipe's report again from its artifacts."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from pipeline.commands.places import add_recipe, root_of


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("report", help="write report.html from what has been made")
    add_recipe(parser)
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Make the report stage if it is stale and say where the page lies."""
    from pipeline.recipe import load_recipe

    recipe = load_recipe(options.recipe)
    from pipeline.plan import make_plan
    from pipeline.progress import Progress
    from pipeline.stage import Where, make

    root = root_of(options, recipe).resolve()
    plan = make_plan(recipe, options.data.resolve(), root)
    make(plan.only(["report"], root), Where(root, progress=Progress()))
    sys.stdout.write(f"{root / 'report' / 'report.html'}\n")
