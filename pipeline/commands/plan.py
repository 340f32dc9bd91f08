"""``headwater plan``: tokens, epochs, compute and what would be made, before anything is spent."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from pipeline.commands.places import add_recipe, root_of
from pipeline.recipe import Recipe, load_recipe


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
        "--gpu-flops", type=float, default=989e12, help="peak FLOP/s of one GPU (default: 989e12, H100 bf16)"
    )
    parser.add_argument(
        "--utilization", type=float, default=0.4, help="share of the peak that training reaches (default: 0.4)"
    )
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Print the plan of a recipe, or of a run that has begun."""
    from pipeline import remaining

    if options.run:
        text = json.dumps(remaining.as_fields(options.run), indent=1, ensure_ascii=False) + "\n"
        sys.stdout.write(text if options.json else remaining.as_text(options.run))
        return
    from pipeline.budget import budget, warnings
    from pipeline.compute import compute
    from pipeline.plan_text import as_text

    recipe = load_recipe(options.recipe)
    root = root_of(options, recipe)
    rows = budget(recipe, root)
    costs = compute(recipe, options.data, options.gpu_flops, options.utilization)
    stages = _stages(recipe, options.data.resolve(), root.resolve())
    begun = [root / "runs" / run for run in recipe.runs if remaining.is_under_way(root / "runs" / run)]
    if options.json:
        fields = {
            "recipe": recipe.name,
            "rows": [
                {
                    "run": r.run,
                    "source": r.source,
                    "phases": _plain(r.phases),
                    "tokens": _whole(r.tokens),
                    "unique_tokens": r.unique,
                    "epochs": r.epochs,
                }
                for r in rows
            ],
            "compute": costs,
            "warnings": warnings(rows),
            "stages": stages,
            "under_way": [remaining.as_fields(run) for run in begun],
        }
        sys.stdout.write(json.dumps(fields, indent=1, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(as_text(recipe, rows, costs, warnings(rows), stages))
        sys.stdout.write("".join(f"\n{remaining.as_text(run)}" for run in begun))


def _whole(tokens: float) -> int:
    return round(tokens)


def _plain(phases: tuple[float, ...]) -> list[int]:
    return [round(tokens) for tokens in phases]


def _stages(recipe: Recipe, data: Path, root: Path) -> list[dict[str, str]]:
    """Return every stage with its state; where inputs are absent, the state says so."""
    from pipeline.errors import UserError
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
