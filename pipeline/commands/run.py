"""``headwater run``: make everything a recipe asks for that is not fresh."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.commands.places import add_recipe, root_of
from pipeline.errors import UserError
from pipeline.recipe_errors import near

if TYPE_CHECKING:
    from pipeline.plan import Plan
    from pipeline.recipe import Recipe
    from pipeline.stage import Stage, Where

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
    parser.add_argument(
        "--on",
        choices=("local", "slurm", "ray"),
        default="local",
        help="where cleaning, labelling and tokenizing run (default: local); the bytes are the same",
    )
    parser.add_argument(
        "--site", type=Path, metavar="FILE", help="how the cluster is asked (default: $HEADWATER_SITE, or ./site.yaml)"
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="make nothing: say what is stale and why, with the prompts and cost of what would be asked of a model",
    )
    parser.add_argument("--processes", type=int, default=1, help="processes that train together on this machine")
    parser.add_argument(
        "--launcher",
        default="",
        metavar="COMMAND",
        help="what starts them instead, on more machines; ends in a python to which `-m module job` is added",
    )
    parser.add_argument("--layout", default="", metavar="KEY=N,...", help="how they split the model, such as tensor=2")
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Make what is stale, then print the final table."""
    from pipeline.recipe import load_recipe

    recipe = load_recipe(options.recipe)
    if options.workers < 1 or options.processes < 1:
        raise UserError("--workers and --processes are 1 or more")
    if options.launcher and options.processes > 1:
        raise UserError(
            "--processes and --launcher: name one of them; a launcher says itself how many processes it starts"
        )
    layout = parse_layout(options.layout)
    from pipeline.plan import make_plan
    from pipeline.progress import Progress
    from pipeline.report.final_table import final_table
    from pipeline.site import cluster
    from pipeline.stage import Where, why_stale

    machines = cluster(options.on, options.site)
    root = root_of(options, recipe).resolve()
    if options.dry_run:
        from pipeline.synthesize.preview import dry_run

        plan = make_plan(recipe, options.data.resolve(), root)
        stages = plan.only(options.only, root) if options.only else plan.stages
        sys.stdout.writelines(f"{line}\n" for line in dry_run(stages, root))
        return
    where = Where(root, options.workers, options.processes, layout, Progress(), machines, launcher=options.launcher)
    recipe, plan, nothing_to_do = _make_all(recipe, options, where)
    if nothing_to_do:
        sys.stdout.write(nothing_to_do)
    if not options.only or all(why_stale(stage, root) is None for stage in plan.stages):
        sys.stdout.write(final_table(root, recipe) + "\n")


def _make_all(recipe: Recipe, options: argparse.Namespace, where: Where) -> tuple[Recipe, Plan, str]:
    """Make what is stale; return the recipe and plan that it came to, and what to say where nothing was stale.

    A run that is amended while it trains turns the recipe into the amended one.
    """
    from pipeline.plan import make_plan
    from pipeline.recipe_files import refuse
    from pipeline.stage import Superseded, make
    from pipeline.train.stages import TrainStage
    from pipeline.yaml_file import YamlFile

    amended, data = False, options.data.resolve()
    while True:
        plan = make_plan(recipe, data, where.root)
        if not amended:
            refuse(
                recipe,
                YamlFile(options.recipe),
                data,
                {stage.name for stage in plan.stages if _is_meant(stage, options.only)},
            )
        stages = plan.only(options.only, where.root) if options.only else plan.stages
        try:
            made = make(stages, where)
        except Superseded as news:
            stage, amended = news.stage, True
        else:
            idle = not made and not amended
            return recipe, plan, f"all {len(stages)} artifacts are fresh; nothing to do\n" if idle else ""
        assert isinstance(stage, TrainStage), "only runs can be amended"
        recipe, data = stage.recipe, stage.data
        where.progress.say(f"{stage.name}: was amended; what follows is made by the amended recipe")


def _is_meant(stage: Stage, only: list[str]) -> bool:
    return not only or stage.verb in only or stage.name in only


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
