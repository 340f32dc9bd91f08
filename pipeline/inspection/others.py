"""What else a recipe names on this disk: lists of rules, the language model, and what model-written sources need."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import UserError
from pipeline.inspection.finding import Finding
from pipeline.label.endpoint import Endpoint
from pipeline.recipe import Recipe
from pipeline.synthesize.order import Order
from pipeline.yaml_file import Location

_FASTTEXT = struct.pack("<i", 793712314)
"""How every fastText model begins."""


def inspect(recipe: Recipe, data: Path) -> Iterator[Finding]:
    """Yield what is wrong with what is there."""
    for i, signal in enumerate(recipe.labels):
        yield from (Finding(("labels", i, *place), what) for place, what in signal.faults(data))
    if rule := recipe.clean.decontaminate:
        yield from (Finding(("clean", "decontaminate", *place), what) for place, what in rule.faults(data))
    yield from _rules(recipe, data)
    if (model := recipe.clean.language_model) and (data / model).is_file():
        with (data / model).open("rb") as file:
            if file.read(4) != _FASTTEXT:
                yield Finding(("clean", "language_model"), f"{model}: not a fastText model")


def _rules(recipe: Recipe, data: Path) -> Iterator[Finding]:
    for section, rules in (("repairs", recipe.clean.repairs), ("filters", recipe.clean.filters)):
        for i, rule in enumerate(rules):
            if rule.files and all((data / path).exists() for path in rule.files):
                try:
                    rule.at(data)
                except UserError as error:
                    where: Location = ("clean", section, i)
                    prefix = f"clean.{section}.{rule.kind}.file: "
                    yield from (Finding(where, line.removeprefix(prefix)) for line in str(error).splitlines())


def files_of_orders(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """Yield (place, path) of what model-written and program-made sources read besides corpora."""
    for name, source in recipe.sources.items():
        place: Location = ("sources", name, "read")
        if isinstance(read := source.read, Order):
            if read.generator.kind == "transformers":
                yield (*place, "generator", "path"), f"{read.generator.path}/config.json"
            if read.seeds.hosts and read.seeds.hosts.file:
                yield (*place, "seeds", "hosts", "file"), read.seeds.hosts.file
        if source.read.kind == "synthetic":
            yield from (((*place, "synthesizer"), path) for path in source.read.synthesizer.files)


def unable(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """Yield (place, why) for checks and prompts of model-written sources that cannot be made on this machine."""
    for name, source in recipe.sources.items():
        if isinstance(read := source.read, Order):
            for i, check in enumerate(read.checks):
                if why := check.unable():
                    yield ("sources", name, "read", "checks", i), f"{check.kind}: {why}"


def unset(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """Yield (place, name) of environment variables that endpoints are reached by, and that are not set here."""
    for where, endpoint in _endpoints(recipe):
        for field in ("url_env", "api_key_env"):
            if (name := getattr(endpoint, field)) and not os.environ.get(name, "").strip():
                yield (*where, field), name


def _endpoints(recipe: Recipe) -> Iterator[tuple[Location, Endpoint]]:
    for i, signal in enumerate(recipe.labels):
        endpoint = getattr(getattr(signal, "labels", None), "endpoint", None)
        if isinstance(endpoint, Endpoint):
            yield ("labels", i, "labels", "endpoint"), endpoint
    for name, source in recipe.sources.items():
        if isinstance(source.read, Order):
            for field in ("generator", "judge"):
                if isinstance(found := getattr(source.read, field), Endpoint):
                    yield ("sources", name, "read", field), found
