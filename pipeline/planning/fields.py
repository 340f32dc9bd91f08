"""A plan as plain values: everything that its text says, for programs; the text is written from these."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mixtures.base import expand
from pipeline.planning.bounds_watch import CapWatch, FloorWatch
from pipeline.planning.budget import Budget, Row, budget_of
from pipeline.planning.learning_rate import learning_rate
from pipeline.planning.repetition import Target, at_target
from pipeline.planning.replay import Replay, replay
from pipeline.planning.storage import storage
from pipeline.planning.supply import supply
from pipeline.planning.warnings import warn_of_bounds, warn_of_replay, warn_of_target, warnings_of
from pipeline.recipe import Recipe
from pipeline.stream import evidence
from pipeline.stream.weighed import unknown_by_now

Fields = dict[str, Any]


@dataclass(frozen=True)
class Planned:
    """What was found out about one run."""

    budget: Budget
    target: Target | None
    replay: Replay | None
    warnings: tuple[str, ...]


def plan_fields(recipe: Recipe, root: Path, fresh: Iterable[str], target_tokens: int | None = None) -> Fields:
    """Return ``rows``, ``groups``, ``runs`` and ``warnings``. ``fresh`` names the stages that are up to date."""
    fresh = frozenset(fresh)
    budgets: dict[str, Budget] = {}
    planned: list[Planned] = []
    for run, settings in recipe.runs.items():
        pieces = supply(recipe, run, root, fresh)
        caps, floors = CapWatch(settings, pieces), FloorWatch(recipe.groups, settings, pieces)
        budgets[run] = budget_of(recipe, run, pieces, [caps, floors])
        target = at_target(recipe, budgets[run], target_tokens) if target_tokens else None
        old = replay(recipe, run, budgets)
        told = [
            *warnings_of(recipe, budgets[run]),
            *warn_of_bounds(run, settings.phases, caps.reached.values(), floors.broken.values()),
            *warn_of_replay(recipe, run, old),
            *warn_of_target(recipe, budgets[run], target),
        ]
        planned.append(Planned(budgets[run], target, old, tuple(told)))
    return {
        "rows": [_row(row, one) for one in planned for row in one.budget.rows],
        "groups": [group for one in planned for group in _groups(recipe, one.budget)],
        "runs": {one.budget.run: _run(recipe, one, root, fresh) for one in planned},
        "warnings": [
            *(text for one in planned for text in one.warnings),
            *evidence.warnings(recipe, root),
            *(f"{'.'.join(map(str, where))}: {text}" for where, text in unknown_by_now(recipe, root)),
        ],
    }


def _row(row: Row, planned: Planned) -> Fields:
    target = planned.target
    return {
        "run": row.run,
        "slice": row.slice,
        "source": row.source,
        "phases": [_whole(tokens) for tokens in row.phases],
        "tokens": _whole(row.tokens),
        "read": list(row.read),
        "unique_tokens": row.unique,
        "documents": row.documents,
        "size": row.basis,
        "epochs": row.epochs,
        "epoch_ends": [asdict(end) | {"phase": end.phase + 1} for end in row.ends],
        **(
            {
                "epochs_at_target": target.epochs[row.slice],
                "keep_tokens": _whole(row.unique * target.keep if row.unique is not None else None),
            }
            if target
            else {}
        ),
    }


def _groups(recipe: Recipe, budget: Budget) -> Iterable[Fields]:
    """Yield the sums of sources that are cut into slices, of groups, and of everything."""
    cut = [row.source for row in budget.rows if row.slice != row.source]
    members = {source: {source} for source in dict.fromkeys(cut)}
    members |= {group: set(expand({group: 1.0}, recipe.groups)) for group in recipe.groups}
    members["all"] = set(recipe.sources)
    for name, sources in members.items():
        if rows := [row for row in budget.rows if row.source in sources]:
            phases = [_total(row.phases[i] for row in rows) for i in range(len(budget.steps))]
            yield {
                "run": budget.run,
                "group": name,
                "phases": [_whole(tokens) for tokens in phases],
                "tokens": _whole(_total(phases)),
                "unique_tokens": _total(row.unique for row in rows),
            }


def _run(recipe: Recipe, planned: Planned, root: Path, fresh: frozenset[str]) -> Fields:
    budget, run = planned.budget, recipe.runs[planned.budget.run]
    bases = [piece.basis for piece in budget.pieces.values()]
    return {
        "tokens": run.tokens,
        "read_from": "slices" if f"stream/{budget.run}" in fresh else "sources",
        "cut_later": bool(recipe.slices) and f"stream/{budget.run}" not in fresh,
        "padded": sorted({p.source for p in budget.pieces.values() if run.packing_of(p.source) != "end_to_end"}),
        "sizes": {basis: bases.count(basis) for basis in ("exact", "estimate", "unknown") if basis in bases},
        "phases": [_phase(budget, i, phase.name, phase.mixture.kind) for i, phase in enumerate(run.phases)],
        "learning_rate": learning_rate(run),
        "stop": asdict(budget.stop) | {"phase": budget.stop.phase + 1} if budget.stop else None,
        "replay": asdict(planned.replay) if planned.replay else None,
        "target": {"tokens": planned.target.tokens, "keep": planned.target.keep} if planned.target else None,
        "storage": {name: asdict(amount) for name, amount in storage(recipe, budget, root, fresh).items()},
    }


def _phase(budget: Budget, index: int, name: str, kind: str) -> Fields:
    rows = [row for row in budget.rows if row.read[index] != 0]
    read, unique = _total(row.read[index] for row in rows), _total(row.unique_in(index) for row in rows)
    return {
        "phase": index + 1,
        "name": name,
        "method": kind,
        "steps": budget.steps[index],
        "read_tokens": read,
        "unique_tokens": unique,
        "epochs": read / unique if unique else None,
        "first_read_tokens": _whole(_total(row.first_read(index) for row in rows)),
        "exhausted": [row.slice for row in rows if row.ends and row.ends[0].phase == index],
    }


def _whole(tokens: float | None) -> int | None:
    return None if tokens is None else round(tokens)


def _total(values: Iterable[float | None]) -> Any:
    known = list(values)
    return None if None in known else sum(value for value in known if value is not None)
