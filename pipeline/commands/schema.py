"""``headwater schema``: the JSON schema of a recipe, for editors."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any


def add_to(verbs: Any) -> None:
    """Add the verb."""
    verbs.add_parser("schema", help="print the JSON schema of a recipe").set_defaults(call=call)


def call(options: argparse.Namespace) -> None:
    """Print the schema."""
    from pipeline.recipe import Recipe

    sys.stdout.write(json.dumps(Recipe.model_json_schema(), indent=1) + "\n")
