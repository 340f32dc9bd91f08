"""``headwater plan``: tokens, epochs, compute and what would be made, before anything is spent."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curricula.settings import parse_tokens
from pipeline.commands.places import add_recipe, root_of
from pipeline.errors import UserError

if TYPE_CHECKING:
    from pipeline.recipe import Recipe


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("plan", help="token table, epochs, compute, and which artifacts are stale and why")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--run", type=Path, metavar="RUN", help="what remains of a run that has begun, such as work/demo/runs/cpt"
    )
    add_recipe(parser, which)
    parser.add_argument("--json", action="store_true", help="for programs: token counts as plain numbers")
    parser.add_argument(
        "--target-tokens",
        type=_tokens,
        metavar="TOKENS",
        help="length of the run that this one stands for, such as 100B: repetition at both, and what to keep to match",
    )
    parser.add_argument(
        "--gpu", choices=("h100", "h200", "a100"), default="h100", help="kind of GPU (default: h100; a100 has 80 GB)"
    )
    parser.add_argument(
        "--gpus",
        type=_gpus,
        metavar="N",
        help="how many: recommends a layout, with memory a GPU part by part, steps and hours",
    )
    parser.add_argument(
        "--utilization", type=_share, default=0.4, help="share of the peak that training reaches (default: 0.4)"
    )
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Print the plan of a recipe, or of a run that has begun."""
    from pipeline.planning import remaining
    from pipeline.recipe import load_recipe

    if options.run:
        text = json.dumps(remaining.as_fields(options.run), indent=1, ensure_ascii=False) + "\n"
        sys.stdout.write(text if options.json else remaining.as_text(options.run))
        return
    from pipeline.planning.compute import compute
    from pipeline.planning.fields import plan_fields
    from pipeline.planning.synthesis import synthesis
    from pipeline.planning.text import as_text
    from pipeline.recipe_files import faults, line_of, warnings, warnings_here
    from pipeline.yaml_file import YamlFile

    recipe, file = load_recipe(options.recipe), YamlFile(options.recipe)
    if wrong := dict.fromkeys(line_of(file, where, what) for where, what in faults(recipe, options.data)):
        raise UserError("\n".join(wrong))
    root = root_of(options, recipe)
    stages = _stages(recipe, options.data.resolve(), root.resolve())
    fresh = [stage["stage"] for stage in stages if stage["state"] == "fresh"]
    begun = [root / "runs" / run for run in recipe.runs if remaining.is_under_way(root / "runs" / run)]
    fields = {
        "recipe": recipe.name,
        "description": recipe.description,
        **plan_fields(recipe, root, fresh, options.target_tokens),
        "synthesis": synthesis(recipe, root, stages),
        "compute": compute(recipe, options.data, options.gpu, options.utilization, options.gpus),
        "stages": stages,
    }
    told = [*warnings(recipe, options.data), *(() if options.gpus else warnings_here(recipe))]
    fields["warnings"] += [line_of(file, where, what) for where, what in told]
    if options.json:
        fields["under_way"] = [remaining.as_fields(run) for run in begun]
        sys.stdout.write(json.dumps(fields, indent=1, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(as_text(fields))
        sys.stdout.write("".join(f"\n{remaining.as_text(run)}" for run in begun))


def _tokens(text: str) -> int:
    try:
        tokens = parse_tokens(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if not tokens:
        raise argparse.ArgumentTypeError("a run has at least one token")
    return tokens


def _gpus(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"found {text}, allowed is a whole number above 0")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"found {text}, allowed is a number above 0, up to 1")
    return share


def _stages(recipe: Recipe, data: Path, root: Path) -> list[dict[str, str]]:
    """Return every stage with its state; where inputs are absent, the state says so."""
    from pipeline.plan import make_plan
    from pipeline.stage import why_stale

    states = []
    for stage in make_plan(recipe, data, root).stages:
        try:
            state = why_stale(stage, root) or "fresh"
        except UserError as error:
            state = f"waits for its inputs: {str(error).splitlines()[0]}"
        states.append({"stage": stage.name, "verb": stage.verb, "state": state})
    return states
