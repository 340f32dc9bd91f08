"""``headwater run``: make everything a recipe asks for that is not fresh."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from pipeline.commands.places import add_recipe, root_of
from pipeline.errors import UserError
from pipeline.recipe import load_recipe
from pipeline.recipe_errors import near

LAYOUT = ("tensor", "pipeline")


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("run", help="make everything a recipe asks for that is not fresh")
    add_recipe(parser)
    parser.add_argument(
        "--only",
        action="append",
        metavar="STAGE",
        default=[],
        help="only this stage: a verb (clean, label, ...) or a name (corpus/web); may be repeated",
    )
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="processes for data stages (default: all cores)"
    )
    parser.add_argument("--processes", type=int, default=1, help="processes that train together on this machine")
    parser.add_argument("--layout", default="", metavar="KEY=N,...", help="how they split the model, such as tensor=2")
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Make what is stale, then print the final table."""
    recipe = load_recipe(options.recipe)
    if options.workers < 1 or options.processes < 1:
        raise UserError("--workers and --processes are 1 or more")
    layout = parse_layout(options.layout)
    from pipeline.plan import make_plan
    from pipeline.progress import Progress
    from pipeline.report.final_table import final_table
    from pipeline.stage import Where, make, why_stale

    root = root_of(options, recipe).resolve()
    plan = make_plan(recipe, options.data.resolve(), root)
    stages = plan.only(options.only, root) if options.only else plan.stages
    where = Where(root, options.workers, options.processes, layout, Progress())
    made = make(stages, where)
    if not made:
        sys.stdout.write(f"all {len(stages)} artifacts are fresh; nothing to do\n")
    if not options.only or all(why_stale(stage, root) is None for stage in plan.stages):
        sys.stdout.write(final_table(root, recipe) + "\n")


def parse_layout(text: str) -> dict[str, int]:
    """Turn ``tensor=2,pipeline=2`` into the layout's fields; raise UserError for anything else."""
    layout: dict[str, int] = {}
    for part in filter(None, text.split(",")):
        key, _, value = part.partition("=")
        if key not in LAYOUT:
            raise UserError(f"--layout: {key}: no such way to split a model{near(key, list(LAYOUT))}")
        if not value.isdigit() or int(value) < 1:
            raise UserError(f"--layout: {key}: found {value!r}, allowed is a whole number of 1 or more")
        layout[key] = int(value)
    return layout
