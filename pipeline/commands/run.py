"""``headwater run``: make everything a recipe asks for that is not fresh."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import extras
from pipeline.commands.places import add_machines, add_recipe, root_of
from pipeline.errors import UserError
from pipeline.train.layout import Layout, parse_layout

if TYPE_CHECKING:
    from pipeline.launch.script import Submission
    from pipeline.plan import Plan
    from pipeline.recipe import Recipe
    from pipeline.stage import Stage, Where
    from pipeline.yaml_file import Location


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
    add_machines(
        parser, "local (the default), slurm: a chain of jobs, or ray: the tasks of data stages; the bytes are the same"
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="make nothing: say what is stale and why, the prompts and cost of what would be asked of a model, and the "
        "scripts that would be submitted",
    )
    slurm = parser.add_argument_group("with --on slurm")
    slurm.add_argument("--nodes", type=int, default=1, help="nodes that train together (default: 1)")
    slurm.add_argument(
        "--wait", action="store_true", help="stay, and submit each stage's jobs when those before it are done"
    )
    parser.add_argument(
        "--part", action="store_true", help="others make other parts of this recipe in the same root (jobs of a chain)"
    )
    parser.add_argument("--processes", type=int, default=1, help="processes that train together on this machine")
    parser.add_argument(
        "--launcher",
        default="",
        metavar="COMMAND",
        help="what starts them instead, on more machines; ends in a python to which `-m module job` is added",
    )
    parser.add_argument(
        "--layout",
        default="",
        metavar="KEY=VALUE,...",
        help="how they split the model and what each keeps, such as tensor=2,sequence_parallel=true,recompute=4; "
        "losses are the same but for rounding",
    )
    parser.add_argument(
        "--wandb", action="store_true", help="tell Weights & Biases too; offline unless WANDB_MODE says otherwise"
    )
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Make what is stale, then print the final table."""
    from pipeline.recipe import load_recipe

    layout = parse_layout(options.layout)
    _refuse_contradictions(options, layout)
    recipe = load_recipe(options.recipe)
    from pipeline.progress import Progress
    from pipeline.report.final_table import final_table
    from pipeline.site import Slurm, cluster
    from pipeline.stage import Where, why_stale

    machines = cluster(options.on, options.site, asks=not options.dry_run)
    root = root_of(options, recipe).resolve()
    chain = None
    if isinstance(machines, Slurm) and not options.part:
        from pipeline.launch.script import Submission
        from pipeline.launch.submit import next_folder

        data = options.data.resolve()
        chain = Submission(recipe.name, next_folder(root), root, data, machines, options.nodes, layout, options.wandb)
    if options.dry_run or (chain and not options.wait):
        sys.stdout.writelines(f"{line}\n" for line in _without_making(recipe, options, root, chain))
        return
    where = Where(
        root,
        options.workers,
        options.processes,
        layout.model_dump(exclude_defaults=True),
        Progress(),
        machines,
        launcher=options.launcher,
        beside_others=options.part,
        wandb=options.wandb,
    )
    recipe, plan, nothing_to_do = _make_all(recipe, options, where, chain)
    if nothing_to_do:
        sys.stdout.write(nothing_to_do)
    if not options.only or all(why_stale(stage, root) is None for stage in plan.stages):
        sys.stdout.write(final_table(root, recipe) + "\n")


def _refuse_contradictions(options: argparse.Namespace, layout: Layout) -> None:
    if min(options.workers, options.processes, options.nodes) < 1:
        raise UserError("--workers, --processes and --nodes are 1 or more")
    if options.on == "local" and not options.launcher and options.processes % layout.model_size:
        raise UserError(
            f"--processes: found {options.processes}, allowed with --layout {options.layout} are multiples of "
            f"{layout.model_size}"
        )
    if options.launcher and options.processes > 1:
        raise UserError(
            "--processes and --launcher: name one of them; a launcher says itself how many processes it starts"
        )
    if options.on != "slurm" and (options.nodes > 1 or options.wait):
        raise UserError(
            "--nodes and --wait: only with --on slurm; elsewhere --launcher starts processes on more machines"
        )
    if options.on == "slurm" and (options.launcher or options.processes > 1):
        raise UserError("--on slurm: the site file says how many processes a node has (slurm.training.processes)")
    if options.wandb:
        extras.require("--wandb", "wandb")


def _without_making(recipe: Recipe, options: argparse.Namespace, root: Path, chain: Submission | None) -> Iterator[str]:
    """Yield what would be made, or what was submitted."""
    from pipeline.plan import make_plan

    data = options.data.resolve()
    plan = make_plan(recipe, data, root)
    stages = plan.only(options.only, root) if options.only else plan.stages
    if options.dry_run:
        from pipeline.synthesize.preview import dry_run

        yield from dry_run(stages, root)
    if chain:
        from pipeline.launch.command import submit_all, would_submit

        if options.dry_run:
            yield from would_submit(stages, chain)
            return
        _refuse_files(recipe, options, plan)
        yield from submit_all(stages, chain, options.recipe.read_text(encoding="utf-8"))


def _make_all(
    recipe: Recipe, options: argparse.Namespace, where: Where, chain: Submission | None
) -> tuple[Recipe, Plan, str]:
    """Make what is stale; return the recipe and plan that it came to, and what to say where nothing was stale.

    A run that is amended while it trains turns the recipe into the amended one.
    """
    from pipeline.plan import make_plan
    from pipeline.stage import Superseded, make
    from pipeline.train.stages import TrainStage

    amended, data = False, options.data.resolve()
    while True:
        plan = make_plan(recipe, data, where.root)
        if not amended:
            _refuse_files(recipe, options, plan)
        stages = plan.only(options.only, where.root) if options.only else plan.stages
        try:
            if chain:
                from pipeline.launch.command import make_part_by_part

                made = make_part_by_part(stages, where, chain, options.recipe.read_text(encoding="utf-8"))
            else:
                made = make(stages, where)
        except Superseded as news:
            stage, amended = news.stage, True
        else:
            idle = not made and not amended
            return recipe, plan, f"all {len(stages)} artifacts are fresh; nothing to do\n" if idle else ""
        assert isinstance(stage, TrainStage), "only runs can be amended"
        recipe, data = stage.recipe, stage.data
        where.progress.say(f"{stage.name}: was amended; what follows is made by the amended recipe")
        if data == options.data.resolve():
            from pipeline.launch.submit import take_up

            take_up(recipe, options.recipe.resolve(), where.root)


def _refuse_files(recipe: Recipe, options: argparse.Namespace, plan: Plan) -> None:
    """Refuse files named in the recipe that are not there or are not what they should be."""
    from pipeline.recipe_files import refuse
    from pipeline.yaml_file import YamlFile

    meant = {stage.name for stage in plan.stages if _is_meant(stage, options.only)}
    data = options.data.resolve()
    refuse(recipe, YamlFile(options.recipe), data, meant, _unsplittable(recipe, options, data))


def _unsplittable(recipe: Recipe, options: argparse.Namespace, data: Path) -> Iterator[tuple[Location, str]]:
    """Yield every way in which a run cannot be divided over the processes that are asked for, as far as it is known."""
    from pipeline.planning.compute import architecture_of
    from pipeline.train.start_checks import unsplittable

    layout = parse_layout(options.layout)
    # A launcher and a site say elsewhere how many processes there are.
    processes = options.processes if options.on == "local" and not options.launcher else None
    for name, run in recipe.runs.items():
        for field, what in unsplittable(run, architecture_of(recipe, name, data), layout, processes):
            yield ("runs", name, *field), what


def _is_meant(stage: Stage, only: list[str]) -> bool:
    return not only or stage.verb in only or stage.name in only
