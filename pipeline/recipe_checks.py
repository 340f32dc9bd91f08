"""What must hold between a recipe's sections: every name that is used is defined, and shares add up."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mixtures.static import SUM_TOLERANCE
from pipeline.clean.recipe_checks import copy_problems
from pipeline.label.recipe_checks import model_problems
from pipeline.recipe_errors import near
from pipeline.synthesize.recipe_checks import circle_problems, corrupted_problems, order_problems
from pipeline.train.start_checks import misfits, shape_in
from pipeline.yaml_file import Location

if TYPE_CHECKING:
    from pipeline.recipe import Recipe

Problem = tuple[Location, str]


def problems_between_sections(recipe: Recipe) -> Iterator[Problem]:
    """Yield (location, what is wrong) for every broken reference between sections, else for every circle."""
    broken = list(_broken_references(recipe))
    yield from broken or circle_problems(recipe)


def _broken_references(recipe: Recipe) -> Iterator[Problem]:
    yield from _groups(recipe)
    yield from _labels(recipe)
    yield from order_problems(recipe)
    yield from corrupted_problems(recipe)
    yield from copy_problems(recipe)
    for name in recipe.runs:
        yield from _mixtures(recipe, name)
        yield from _orders(recipe, name)
        yield from _packing(recipe, name)
        yield from _start(recipe, name)
        yield from _batches(recipe, name)
        yield from _learning_rate(recipe, name)
        yield from _shape(recipe, name)
    yield from _tokenizer(recipe)


def _groups(recipe: Recipe) -> Iterator[Problem]:
    for group, members in recipe.groups.items():
        known = [*recipe.sources, *(g for g in recipe.groups if g != group)]
        if group in recipe.sources:
            yield ("groups", group), "is also the name of a source; a name means one thing"
        for member in members:
            if member not in known:
                yield ("groups", group, member), f"no such source or group{near(member, known)}"
            elif _reaches(recipe, member, group):
                yield ("groups", group, member), f"group {group} contains itself"
        total = math.fsum(members.values())
        if abs(total - 1.0) > SUM_TOLERANCE:
            yield ("groups", group), f"the shares sum to {total:.6g}; shares inside a group sum to 1"


def _reaches(recipe: Recipe, start: str, goal: str) -> bool:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            waiting += recipe.groups.get(name, {})
    return False


def _columns(recipe: Recipe) -> list[str]:
    return [column for signal in recipe.labels for column in signal.columns]


def _labels(recipe: Recipe) -> Iterator[Problem]:
    for i, signal in enumerate(recipe.labels):
        if signal.kind in [other.kind for other in recipe.labels[:i]]:
            yield ("labels", i), f"{signal.kind} is computed twice"
        for place, name in signal.learns_from().items():
            if name not in recipe.sources:
                yield ("labels", i, *place), f"no such source{near(name, list(recipe.sources))}"
    yield from model_problems(recipe)
    yield from _cuts(recipe)


def _cuts(recipe: Recipe) -> Iterator[Problem]:
    kinds = {column: dtype.kind for signal in recipe.labels for column, dtype in signal.columns.items()}
    for i, cut in enumerate(recipe.slices):
        name = cut.column
        if name not in kinds:
            yield ("slices", i), f"no label makes the column {name}{near(name, list(kinds))}"
        elif name in [other.column for other in recipe.slices[:i]]:
            yield ("slices", i), f"{name} cuts already; a column cuts once"
        elif kinds[name] in "iuf" and not cut.is_bucketed:
            yield (
                ("slices", i),
                f"{name} holds numbers, and every number would be a slice of its own; name buckets: "
                f"{{column: {name}, quantiles: 4}} or {{column: {name}, edges: [...]}}",
            )
        elif kinds[name] not in "iuf" and cut.is_bucketed:
            yield ("slices", i), f"{name} holds words, which have no buckets; write {name} alone"


def _mixtures(recipe: Recipe, run: str) -> Iterator[Problem]:
    known = [*recipe.sources, *recipe.groups]
    for i, phase in enumerate(recipe.runs[run].phases):
        where = ("runs", run, "phases", i, "mixture")
        for path, name in phase.mixture.mentions().items():
            if name not in known:
                yield (*where, *path), f"no such source or group{near(name, known)}"
        for path, name in phase.mixture.named_slices().items():
            yield from (((*where, *path), what) for what in _slice(recipe, name))
    if alarm := recipe.runs[run].forgetting_alarm:
        place = ("runs", run, "forgetting_alarm")
        for i, name in enumerate(alarm.sources):
            if name not in known:
                yield (*place, "sources", i), f"no such source or group{near(name, known)}"
        if recipe.runs[run].start.kind == "architecture":
            yield place, "fresh weights have nothing to forget; leave it out, or start from a checkpoint or a run"
    for i, name in enumerate(recipe.runs[run].watch):
        if name not in recipe.sources:
            yield ("runs", run, "watch", i), f"no such source{near(name, list(recipe.sources))}"


def _slice(recipe: Recipe, name: str) -> Iterator[str]:
    """Yield what is wrong with a slice's name, as far as it can be told before labels are computed."""
    source = name.split("/")[0]
    pattern = "".join(f"/{re.escape(cut.column)}=(.*)" for cut in recipe.slices)
    values = re.fullmatch(re.escape(source) + pattern, name)
    if source not in recipe.sources:
        yield f"no such slice: {source} is no source{near(source, list(recipe.sources))}"
    elif values is None:
        shape = "/".join([source, *(f"{cut.column}=..." for cut in recipe.slices)])
        yield f"no such slice: slices of {source} are called {shape}"
    else:
        for cut, value in zip(recipe.slices, values.groups(), strict=True):
            if cut.is_bucketed and value not in cut.names:
                yield f"no such slice: {cut.column} has no bucket {value}{near(value, list(cut.names))}"


def _packing(recipe: Recipe, run: str) -> Iterator[Problem]:
    if recipe.runs[run].has_uncounted and recipe.runs[run].sequence_length < 2:
        yield ("runs", run, "sequence_length"), "found 1, allowed is 2 or more where documents are kept apart or packed"
    for field in ("packing", "keep"):
        for source in getattr(recipe.runs[run], field):
            if source not in recipe.sources:
                yield ("runs", run, field, source), f"no such source{near(source, list(recipe.sources))}"


def _orders(recipe: Recipe, run: str) -> Iterator[Problem]:
    columns = _columns(recipe)
    for source, order in recipe.runs[run].orders.items():
        where = ("runs", run, "orders", source)
        if source not in recipe.sources:
            yield where, f"no such source{near(source, list(recipe.sources))}"
        for path, column in order.mentions().items():
            if column not in columns:
                yield (*where, *path), f"no label makes the column {column}{near(column, columns)}"


def _start(recipe: Recipe, run: str) -> Iterator[Problem]:
    start = recipe.runs[run].start
    if start.kind == "run":
        earlier = list(recipe.runs)[: list(recipe.runs).index(run)]
        if start.run not in earlier:
            yield (
                ("runs", run, "start", "run"),
                f"no run above this one is called {start.run}{near(start.run, earlier)}",
            )
        elif start.optimizer != "reset" and recipe.runs[start.run].precision != recipe.runs[run].precision:
            yield (
                ("runs", run, "start", "optimizer"),
                f"found {start.optimizer}, which needs the precision of run {start.run}, "
                f"{recipe.runs[start.run].precision}; allowed here is reset",
            )


def _batches(recipe: Recipe, name: str) -> Iterator[Problem]:
    run = recipe.runs[name]
    if run.batch % run.micro_batch:
        yield ("runs", name, "micro_batch"), f"{run.micro_batch} does not divide batch {run.batch}"
    step = run.batch * run.sequence_length
    for i, phase in enumerate(run.phases):
        if phase.tokens < step:
            where = ("runs", name, "phases", i, "tokens")
            yield where, f"{phase.tokens} tokens are less than one step of {step} tokens"


def _learning_rate(recipe: Recipe, name: str) -> Iterator[Problem]:
    run = recipe.runs[name]
    for problem in run.learning_rate.problems(run.tokens):
        yield ("runs", name, "learning_rate"), problem


def _shape(recipe: Recipe, name: str) -> Iterator[Problem]:
    """Yield what does not fit the model, where the recipe itself says its shape."""
    tokens = recipe.tokenizer.vocabulary_size if recipe.tokenizer.kind == "train" else None
    if (shape := shape_in(recipe, name)) is not None:
        yield from ((("runs", name, *field), what) for field, what in misfits(recipe.runs[name], shape, tokens))


def _tokenizer(recipe: Recipe) -> Iterator[Problem]:
    if recipe.tokenizer.kind == "train":
        for i, source in enumerate(recipe.tokenizer.sources):
            if source not in recipe.sources:
                yield ("tokenizer", "sources", i), f"no such source{near(source, list(recipe.sources))}"
