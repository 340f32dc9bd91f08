"""What a recipe names on this disk: files that are not there yet, and what a glance finds wrong with those that are.

A glance reads first rows and small files, so that hours of cleaning do not end at a column that is called otherwise.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Set
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.clean import object_store
from pipeline.errors import UserError
from pipeline.yaml_file import Location, YamlFile

if TYPE_CHECKING:
    from pipeline.recipe import Recipe


def absent(recipe: Recipe, data: Path) -> Iterator[tuple[Location, str]]:
    """Yield (location, path or pattern) for everything of this disk that is named and not there."""
    for where, path in _named(recipe):
        if not object_store.is_url(path) and not glob.glob(str(data / path), recursive=True):
            yield where, path


def faults(recipe: Recipe, data: Path) -> Iterator[tuple[Location, str]]:
    """Yield (location, what is wrong) with what is there."""
    for i, signal in enumerate(recipe.labels):
        yield from ((("labels", i, *place), what) for place, what in signal.faults(data))
    if rule := recipe.clean.decontaminate:
        yield from ((("clean", "decontaminate", *place), what) for place, what in rule.faults(data))


def refuse(recipe: Recipe, file: YamlFile, data: Path, stages: Set[str]) -> None:
    """Raise UserError, a problem a line, where what these stages (by name) read is not there or is wrong."""
    missing = ((where, f"{path}: {_missing(path)} (paths start at {data})") for where, path in absent(recipe, data))
    found = [*missing, *faults(recipe, data)]
    if lines := [line_of(file, where, what) for where, what in found if _is_read(recipe, where, stages)]:
        raise UserError("\n".join(lines))


def line_of(file: YamlFile, where: Location, what: str) -> str:
    """Return a problem as ``file:line: field: what``."""
    return f"{file.path}:{file.line(where)}: {'.'.join(map(str, where))}: {what}"


def _missing(path: str) -> str:
    if path.endswith("/config.json"):
        return "no such file; a checkpoint is a local Hugging Face folder"
    return "no file fits this pattern" if glob.has_magic(path) else "no such file"


def _named(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    for name, source in recipe.sources.items():
        for path in getattr(source.read, "paths", ()):
            yield ("sources", name, "read", "paths"), path
    for name, run in recipe.runs.items():
        if run.start.kind == "checkpoint":
            yield ("runs", name, "start", "path"), f"{run.start.path}/config.json"
    if recipe.tokenizer.kind == "file":
        yield ("tokenizer", "path"), recipe.tokenizer.path
    if recipe.clean.language_model:
        yield ("clean", "language_model"), recipe.clean.language_model
    for section, rules in (("repairs", recipe.clean.repairs), ("filters", recipe.clean.filters)):
        yield from ((("clean", section, i), path) for i, rule in enumerate(rules) for path in rule.files)
    if recipe.clean.decontaminate:
        yield from ((("clean", "decontaminate", "files"), path) for path in recipe.clean.decontaminate.files)
    for i, signal in enumerate(recipe.labels):
        yield from ((("labels", i, *place), path) for place, path in signal.paths().items())


def _is_read(recipe: Recipe, where: Location, stages: Set[str]) -> bool:
    """Tell whether one of the stages reads what stands at this place of the recipe."""
    match where:
        case ("labels", int(i), *_):
            kind = recipe.labels[i].kind
            return not stages.isdisjoint({f"learned/{kind}", *(f"labels/{name}/{kind}" for name in recipe.sources)})
        case ("sources", name, *_):
            return f"corpus/{name}" in stages
        case ("runs", name, *_):
            return f"runs/{name}" in stages
        case ("clean", *_):
            return any(name.startswith("corpus/") for name in stages)
        case _:
            return False  # a tokenizer may be a name on the hub
