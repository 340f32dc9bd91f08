"""``headwater schema``: the JSON schema of a recipe or of an experiment, for editors."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from curricula.settings import Settings


def add_to(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser("schema", help="print the JSON schema of a recipe, or of an experiment")
    parser.add_argument("of", nargs="?", choices=("recipe", "experiment"), default="recipe", help="(default: recipe)")
    parser.set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Print the schema."""
    sys.stdout.write(json.dumps(_model(options.of).model_json_schema(), indent=1) + "\n")


def _model(of: str) -> type[Settings]:
    if of == "experiment":
        from pipeline.tune.experiment import Experiment

        return Experiment
    from pipeline.recipe import Recipe

    return Recipe
