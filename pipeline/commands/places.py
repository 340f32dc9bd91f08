"""Arguments that several verbs share: which recipe, where its artifacts lie, where relative paths start."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import shipped

if TYPE_CHECKING:
    from pipeline.recipe import Recipe

RECIPE = "recipe file (YAML), or the name of a shipped one, such as llama3-syne"
"""What the argument of that name is."""


def add_recipe(parser: argparse.ArgumentParser, instead: Any = None) -> None:
    """Add RECIPE, --root and --data. ``instead`` is a group of arguments of which one may stand in for RECIPE."""
    nargs = "?" if instead else None
    (instead or parser).add_argument("recipe", type=shipped.recipe, metavar="RECIPE", help=RECIPE, nargs=nargs)
    parser.add_argument("--root", type=Path, help="folder for all artifacts (default: work/<recipe's name>)")
    parser.add_argument(
        "--data", type=Path, default=Path(), help="where relative paths in the recipe start (default: .)"
    )


def add_machines(parser: argparse.ArgumentParser, on: str) -> None:
    """Add --workers, --on and --site; ``on`` says what local, slurm and ray come to."""
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="processes for data stages (default: all cores)"
    )
    parser.add_argument("--on", choices=("local", "slurm", "ray"), default="local", help=on)
    parser.add_argument(
        "--site", type=Path, metavar="FILE", help="how the cluster is asked (default: $HEADWATER_SITE, or ./site.yaml)"
    )


def root_of(options: argparse.Namespace, recipe: Recipe) -> Path:
    """Return the folder of the recipe's artifacts."""
    return Path(options.root) if options.root else Path("work") / recipe.name
