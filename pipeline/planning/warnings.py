"""Warnings of a plan: what someone should know before paying for a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mixtures.base import expand
from mixtures.repetition_cap import RepetitionCap
from pipeline.planning.bounds_watch import CapReached, FloorBroken, layers
from pipeline.planning.budget import Budget, Row
from pipeline.planning.repetition import Target
from pipeline.planning.replay import LEAST_REPLAY, Replay
from pipeline.recipe import Phase, Recipe

MANY_EPOCHS = 4.0
"""Repeating data up to about four times costs little (Muennighoff et al. 2305.16264); beyond that the plan warns."""
SOME = 0.01
"""Part of what a phase reads of a slice that may be repeated before the plan says so."""
NAMED = 4
"""Slices that a line names before it counts the rest."""


def warnings_of(recipe: Recipe, budget: Budget) -> Iterator[str]:
    """Yield what the budget of a run alone shows."""
    phases, length = recipe.runs[budget.run].phases, recipe.runs[budget.run].sequence_length
    if budget.stop:
        total = recipe.runs[budget.run].tokens
        yield f"{budget.run}: cannot go on after {budget.stop.tokens:,} of {total:,} tokens: {budget.stop.reason}"
    yield from _unknown(recipe, budget)
    yield from warn_of_epochs(budget.run, {row.slice: row.epochs for row in budget.rows})
    for i, phase in enumerate(phases):
        where = f"{budget.run}: phase {phase.name!r}"
        if empty := list(_empty(recipe, budget, i)):
            yield f"{where} names {_some(empty)}, which {_verb(empty, 'has', 'have')} no tokens"
        if short := [row.slice for row in budget.rows if _rounds_to_nothing(row, i, budget)]:
            yield f"{where} is too short to give {_some(short)} a single sequence"
        if starved := [text for row in budget.rows if (text := _more_than_remains(row, i, length))]:
            yield f"{where} asks for more than is left unread of {_some(starved)}; the rest is read again"


def _unknown(recipe: Recipe, budget: Budget) -> Iterator[str]:
    unknown = [name for name, piece in budget.pieces.items() if piece.tokens is None]
    if not unknown:
        return
    cure = ", ".join(f"sources.{name}.tokens" for name in unknown[:NAMED])
    yield (
        f"{budget.run}: nobody knows the size of {_some(unknown)}, so neither epochs nor where they run dry; "
        f"estimates can be given as {cure}"
    )
    if following := [row.slice for row in budget.rows if None in row.phases]:
        yield f"{budget.run}: shares that follow unknown sizes are unknown too: {_some(following)}"
    caps = [layer for phase in recipe.runs[budget.run].phases for layer in layers(phase.mixture)]
    if any(isinstance(layer, RepetitionCap) for layer in caps):
        yield f"{budget.run}: the plan takes it that no repetition cap is reached by what is of unknown size"


def _empty(recipe: Recipe, budget: Budget, phase: int) -> Iterator[str]:
    """Yield the sources that a phase names although nothing can be read of them."""
    named = expand(dict.fromkeys(recipe.runs[budget.run].phases[phase].mixture.names(), 1.0), recipe.groups)
    full = {piece.source for piece in budget.pieces.values() if piece.tokens != 0}
    yield from (source for source in named if source not in full)


def _rounds_to_nothing(row: Row, phase: int, budget: Budget) -> bool:
    reached = budget.stop is None or phase < budget.stop.phase
    return reached and bool(row.phases[phase]) and row.read[phase] == 0


def _more_than_remains(row: Row, phase: int, length: int) -> str | None:
    """Return the slice with the amounts, where a good part of what a phase reads of it is not unread any more.

    Less than a sequence of ``length`` tokens is nothing: even a cap can be passed by so much.
    """
    asked, first = row.read[phase], row.first_read(phase)
    if not asked or first is None or asked - first < max(length, SOME * asked):
        return None
    return f"{row.slice} ({asked:,} tokens, {first:,.0f} unread)"


def warn_of_bounds(
    run: str, phases: Sequence[Phase], caps: Iterable[CapReached], floors: Iterable[FloorBroken]
) -> Iterator[str]:
    """Yield what reaches a cap, and which floors do not hold."""
    for cap in caps:
        yield (
            f"{run}: {cap.name} reaches its cap (epochs: {cap.epochs:g}) in phase {phases[cap.phase].name!r}, after "
            f"{cap.tokens:,} tokens; others take over its share"
        )
    for floor in floors:
        yield (
            f"{run}: phase {phases[floor.phase].name!r} lets {_some(floor.sources)} fall to {floor.share:.1%}, below "
            f"the replay floor of {floor.floor:.1%}: another method stands outside the floor"
        )


def warn_of_replay(recipe: Recipe, run: str, replay: Replay | None) -> Iterator[str]:
    """Yield the phases that read next to nothing of what the run's start had read."""
    if replay is None or not replay.sources:
        return
    for phase, share in zip(recipe.runs[run].phases, replay.shares, strict=True):
        if share is not None and share < LEAST_REPLAY:
            much = f"only {share:.1%}" if share else "nothing"
            yield (
                f"{run}: phase {phase.name!r} reads {much} of what {replay.start} had read ({_some(replay.sources)}); "
                f"below about {LEAST_REPLAY:.0%} of replay a model forgets (25 % for a new language)"
            )


def warn_of_target(recipe: Recipe, budget: Budget, target: Target | None) -> Iterator[str]:
    """Yield what the run would repeat, and where it could not go on, at the length it stands for."""
    if target is None:
        return
    if target.stop:
        where = f"{budget.run}, at {target.tokens:,} tokens"
        yield f"{where}: cannot go on after {target.stop.tokens:,}: {target.stop.reason}"
    yield from warn_of_epochs(f"{budget.run}, at {target.tokens:,} tokens", target.epochs)
    lengths = recipe.runs[budget.run].sequence_length
    if small := [row.slice for row in budget.rows if row.unique and row.unique * target.keep < lengths]:
        yield f"{budget.run}: to repeat like the target it would keep less than one sequence of {_some(small)}"


def warn_of_epochs(where: str, epochs: Mapping[str, float | None]) -> Iterator[str]:
    """Yield one line about everything that is read too often."""
    many = sorted(((times, name) for name, times in epochs.items() if times and times > MANY_EPOCHS), reverse=True)
    if many:
        told = _some([f"{name} ({times:.1f} times)" for times, name in many])
        yield f"{where}: more than {MANY_EPOCHS:g} epochs of the same text rarely pay: {told}"


def _some(names: Iterable[str]) -> str:
    """Return the first names, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _verb(names: list[str], one: str, many: str) -> str:
    return one if len(names) == 1 else many
