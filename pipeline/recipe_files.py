"""What a recipe names on this disk: files that are not there yet, and what a glance finds wrong with those that are.

A glance reads first rows and small files, so that hours of cleaning do not end at a column that is called otherwise.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Set
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.clean import object_store
from pipeline.errors import UserError
from pipeline.extras import install
from pipeline.hub_name import download, is_hub_name
from pipeline.inspection import others
from pipeline.label.signals.perplexity import Perplexity
from pipeline.label.signals.perplexity_difference import PerplexityDifference
from pipeline.machine import has_gpu, slow_precision
from pipeline.sources import HuggingFace
from pipeline.yaml_file import Location, YamlFile

if TYPE_CHECKING:
    from pipeline.inspection.finding import Finding
    from pipeline.recipe import Recipe


def absent(recipe: Recipe, data: Path) -> Iterator[tuple[Location, str]]:
    """Yield (location, path or pattern) for everything of this disk that is named and not there."""
    for where, path in _named(recipe, data):
        if object_store.is_url(path) or glob.glob(str(data / path), recursive=True):
            continue
        # A link that leads nowhere is wrong in a source, and elsewhere the same as no file.
        if where[-1] != "paths" or not os.path.lexists(data / path):
            yield where, path


def unset(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """Yield (location, name) of environment variables that are named and not set."""
    return others.unset(recipe)


def faults(recipe: Recipe, data: Path) -> Iterator[tuple[Location, str]]:
    """Yield (location, what is wrong) with what is there."""
    return ((found.where, found.what) for found in _findings(recipe, data) if found.is_fault)


def faults_alone(recipe: Recipe, data: Path) -> Iterator[tuple[Location, str]]:
    """Yield the faults of single files, which hold however the sections of a recipe fit together."""
    from pipeline.inspection import models, sources

    for found in (*sources.inspect(recipe, data), *models.inspect_alone(recipe, data)):
        if found.is_fault:
            yield found.where, found.what


def warnings(recipe: Recipe, data: Path) -> Iterator[tuple[Location, str]]:
    """Yield (location, what may be wrong) with what is there."""
    return ((found.where, found.what) for found in _findings(recipe, data) if not found.is_fault)


def warnings_here(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """Yield (location, what this machine cannot do, or does slowly)."""
    yield from others.unable(recipe)
    yield from _packages_of_stores(recipe)
    if not has_gpu():
        yield from _slow(recipe)


def _packages_of_stores(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    for name, source in recipe.sources.items():
        for path in getattr(source.read, "paths", ()):
            if (package := object_store.package_of(path)) and find_spec(package) is None:
                command = install("stores") if package == "s3fs" else f"pip install {package}"
                yield ("sources", name, "read", "paths"), f"{path} needs {package}, not installed here: {command}"


def _slow(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """Yield what a machine without a GPU is slow with, in training and in scoring, or cannot do."""
    formats: list[tuple[Location, str]] = [
        (("labels", i, "scoring", "precision"), signal.scoring.precision)
        for i, signal in enumerate(recipe.labels)
        if isinstance(signal, Perplexity | PerplexityDifference)
    ]
    formats += [(("runs", name, "precision"), run.precision) for name, run in recipe.runs.items()]
    for where, precision in formats:
        if slow := slow_precision(precision):
            yield where, f"this machine has no GPU: {slow}"
    for name, run in recipe.runs.items():
        for part, kernel in run.kernels.model_dump().items():
            if kernel not in ("auto", "torch"):
                yield ("runs", name, "kernels", part), f"{kernel} needs CUDA, and this machine has no GPU"


def _findings(recipe: Recipe, data: Path) -> Iterator[Finding]:
    from pipeline.inspection import models, sources, topics

    yield from sources.inspect(recipe, data)
    yield from models.inspect(recipe, data)
    yield from others.inspect(recipe, data)
    yield from topics.inspect(recipe, data)


def refuse(
    recipe: Recipe, file: YamlFile, data: Path, stages: Set[str], others: Iterable[tuple[Location, str]] = ()
) -> None:
    """Raise UserError, a problem a line, where what these stages (by name) read is not there or is wrong.

    ``others`` is what else is known to stand in the way of a stage.
    """
    missing = (
        (where, f"{path}: {missing_text(where, path, data)} (paths start at {data})")
        for where, path in absent(recipe, data)
    )
    found = [*missing, *faults(recipe, data), *others]
    if lines := [line_of(file, where, what) for where, what in found if _is_read(recipe, where, stages, data)]:
        raise UserError("\n".join(dict.fromkeys(lines)))


def line_of(file: YamlFile, where: Location, what: str) -> str:
    """Return a problem as ``file:line: field: what``; what a file holds may not steer a terminal."""
    line = f"{file.path}:{file.line(where)}: {'.'.join(map(str, where))}: {what}"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def missing_text(where: Location, path: str, data: Path) -> str:
    """Return what is said of a file that is not there, and where it can be had."""
    if path.endswith("/config.json"):
        folder = path.removesuffix("/config.json")
        hint = f"; download it first: {download(folder)}" if "/" in folder and is_hub_name(folder, data) else ""
        return f"no such file; a checkpoint is a local Hugging Face folder{hint}"
    if where[0] == "tokenizer" and is_hub_name(path, data):
        return "no such file or folder; it is asked of the hub by that name"
    return "no file fits this pattern" if glob.has_magic(path) else "no such file"


def _named(recipe: Recipe, data: Path) -> Iterator[tuple[Location, str]]:
    for name, source in recipe.sources.items():
        for path in getattr(source.read, "paths", ()):
            yield ("sources", name, "read", "paths"), path
        if isinstance(source.read, HuggingFace) and not is_hub_name(source.read.dataset, data):
            yield ("sources", name, "read", "dataset"), source.read.dataset
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
    yield from others.files_of_orders(recipe)


def _is_read(recipe: Recipe, where: Location, stages: Set[str], data: Path) -> bool:
    """Tell whether one of the stages reads what stands at this place of the recipe."""
    match where:
        case ("labels", int(i), *_):
            kind = recipe.labels[i].kind
            return not stages.isdisjoint({f"learned/{kind}", *(f"labels/{name}/{kind}" for name in recipe.sources)})
        case ("sources", _, "read", "generator", *_):
            return False  # no model is wanted where all its answers are kept
        case ("sources", name, *_):
            return not stages.isdisjoint({f"corpus/{name}", f"synthetic/{name}"})
        case ("runs", name, *_):
            return f"runs/{name}" in stages
        case ("clean", *_):
            return any(name.startswith("corpus/") for name in stages)
        case ("tokenizer", *_):
            path = recipe.tokenizer.path if recipe.tokenizer.kind == "file" else ""
            return "tokenizer" in stages and not is_hub_name(path, data)
        case _:
            return False
