"""Recipes and experiments that are shipped with Headwater, found by their names alone."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline.recipe_errors import near

_ROOT = Path(__file__).parents[1] / "mixtures"
RECIPES = _ROOT / "recipes"
EXPERIMENTS = _ROOT / "experiments"


def names(folder: Path) -> list[str]:
    """Return the names of what a folder holds."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def recipe(text: str) -> Path:
    """Return the file that an argument means: one that is there, else a shipped recipe of that name."""
    return _file(text, RECIPES)


def experiment(text: str) -> Path:
    """Return the file that an argument means: one that is there, else a shipped experiment of that name."""
    return _file(text, EXPERIMENTS)


def _file(text: str, folder: Path) -> Path:
    """Return a path as it is, unless it is a bare name; raise ArgumentTypeError for a bare name of nothing."""
    path = Path(text)
    name = text.removesuffix(".yaml")
    if path.exists() or not name or path.name != text:
        return path
    if name in names(folder):
        return folder / f"{name}.yaml"
    if path.suffix:
        return path
    kind = folder.name.removesuffix("s")
    hint = near(text, names(folder))
    raise argparse.ArgumentTypeError(f"{text}: no such file, and no shipped {kind} of that name{hint}")
