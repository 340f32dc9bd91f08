"""Amending: a new recipe holds in a stopped run, or in one that is training right now, from its next round on.

What the new recipe needs is made first, beside the running training and under a lock of its own; then one rename
puts the new segment into the run's folder. Training looks there before every new round, so nobody has to be told.
"""

from __future__ import annotations

import getpass
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import artifact
from pipeline.amend_checks import problems_before, problems_of_slices
from pipeline.errors import UserError
from pipeline.lock import alone, is_held
from pipeline.plan import make_plan
from pipeline.recipe import Recipe
from pipeline.recipe_errors import near
from pipeline.stage import Stage, Where, changes_of, input_changes, lock_of, make_stale
from pipeline.stream.open_run import director_of, open_run
from pipeline.stream.segment import AMENDMENT, IDENTITY, SETTINGS, Segment, count_segments, read_part, write_segment
from pipeline.stream.slice_table import load_slices
from pipeline.stream.turn import turn_to_amend
from pipeline.train.stages import TrainStage


@dataclass(frozen=True)
class Amendment:
    """What was put into a run's folder."""

    segment: int
    changes: tuple[str, ...]
    running: bool
    """Whether the run is training now."""


def amend(target: Path, recipe: Recipe, data: Path, reason: str, where: Where) -> Amendment:
    """Let a recipe hold in the run ``ROOT/runs/<run>`` from its next round on.

    Makes the data that the recipe needs. Raises UserError, with every problem, where the run cannot become this.
    """
    draft = _draft_of(target)
    stage = _stage(target.name, recipe, data, where.root)
    refusal = f"{target}: is being amended by another headwater; wait for it"
    with alone(where.root / ".locks" / "amend", refusal):
        running = is_held(lock_of(stage.name, where.root))
        _refuse(problems_before(stage, draft, where.root, running=running))
        make_stale(list(_needed(stage.stream)), where)
        with turn_to_amend(draft) as index:
            changes = _drop(stage, target, index, reason, where)
    return Amendment(index, changes, running)


def _draft_of(target: Path) -> Path:
    draft = artifact.draft_of(target)
    if target.parent.name == "runs" and count_segments(draft):
        return draft
    if artifact.is_published(target) and target.parent.name == "runs":
        raise UserError(
            f"{target}: is finished, so nothing can be amended; start another run from it with "
            f"`start: {{kind: run, run: {target.name}}}`"
        )
    raise UserError(f"{target}: no run that has begun; name a folder such as work/demo/runs/cpt")


def _stage(name: str, recipe: Recipe, data: Path, root: Path) -> TrainStage:
    if name not in recipe.runs:
        raise UserError(f"runs: the recipe has no run {name}{near(name, list(recipe.runs))}")
    found = next(stage for stage in make_plan(recipe, data, root).stages if stage.name == f"runs/{name}")
    assert isinstance(found, TrainStage)
    return found


def _needed(stage: Stage) -> Iterator[Stage]:
    """Yield what a stage is made from, inputs first, and the stage itself."""
    seen: dict[str, Stage] = {}

    def visit(stage: Stage) -> None:
        for need in stage.stages:
            visit(need)
        seen.setdefault(stage.name, stage)

    visit(stage)
    yield from seen.values()


def _refuse(problems: Iterator[str]) -> None:
    if found := list(problems):
        raise UserError("\n".join(found))


def _drop(stage: TrainStage, target: Path, index: int, reason: str, where: Where) -> tuple[str, ...]:
    """Check what can be checked only now, and put the segment in place."""
    stream, opened = stage.stream.folder(where.root), open_run(target)
    if artifact.read_manifest(stream).fingerprint != stage.stream.fingerprint():
        raise UserError(f"{stream}: was made anew by another headwater meanwhile; amend again")
    old, slices = opened.segments[-1], load_slices(stream)
    _refuse(problems_of_slices(opened.segments, slices))
    settings = json.loads(json.dumps(stage.newest_settings))
    changes = tuple(_changes(opened.folder, index - 1, stage, settings, old, slices))
    if not changes:
        raise UserError(f"{target}: the recipe changes nothing about this run")
    new = replace(old, run=stage.recipe.runs[target.name], groups=stage.recipe.groups, slices=slices, index=index)
    last = opened.ledger.last()
    # Raises what the first round would: a method that lacks something, a source without tokens.
    director_of((*opened.segments, new), opened.ledger, opened.root).next(last, last.signals if last else {})
    write_segment(opened.folder, index, stream, {**stage.parts(), AMENDMENT: _amendment(stage, reason, changes)})
    return changes


def _changes(
    folder: Path, before: int, stage: TrainStage, settings: Mapping[str, Any], old: Segment, slices: Mapping[str, Any]
) -> Iterator[str]:
    yield from changes_of(read_part(folder, before, SETTINGS), settings)
    yield from input_changes(read_part(folder, before, IDENTITY)["inputs"], stage.inputs())
    yield from (f"slice {name} added" for name in sorted(slices.keys() - old.slices.keys()))
    yield from (f"slice {name} removed" for name in sorted(old.slices.keys() - slices.keys()))


def _amendment(stage: TrainStage, reason: str, changes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "who": getpass.getuser(),
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "why": reason,
        "command": sys.argv,
        "changes": list(changes),
        "recipe": stage.recipe.model_dump(mode="json"),
        "data": str(stage.data),
    }
