"""Repetition: how often the small runs read each source, and how often the large one would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline import artifact
from pipeline.errors import UserError
from pipeline.planning.budget import predict
from pipeline.planning.supply import Piece
from pipeline.recipe import Recipe
from pipeline.report.results import StreamSlice, by_source, read_slices
from pipeline.stream.ledger import Ledger
from pipeline.tune.lab import Lab
from pipeline.tune.points import Point
from pipeline.tune.target import large_run


@dataclass(frozen=True)
class Large:
    """The large run's reading of one source."""

    unique: int | None
    """Training tokens that it keeps of the source; None where nobody knows."""
    read: int

    @property
    def epochs(self) -> float | None:
        """How often each token is read on average."""
        return self.read / self.unique if self.unique else None


@dataclass(frozen=True)
class Row:
    """One source in both runs; None in the one that does not read it."""

    source: str
    small: StreamSlice | None
    large: Large | None


@dataclass(frozen=True)
class Repetition:
    """Of one combination, by source."""

    combination: str
    small: tuple[StreamSlice, ...]
    """What the point with the first seed read, from its ledger."""
    large: Mapping[str, Large]
    tokens: int
    """Length of the large run."""
    problem: str
    """Why the large run could not be forecast to its end; empty where it could."""

    @property
    def rows(self) -> list[Row]:
        """Both runs' reading of every source that one of them reads."""
        small = {source.source: source for source in self.small}
        large = {name: each for name, each in self.large.items() if each.read}
        return [Row(name, small.get(name), large.get(name)) for name in dict.fromkeys([*small, *large])]


def small_epochs(lab: Lab, point: Point) -> tuple[StreamSlice, ...]:
    """Return what a finished point read of each source, those left out of which it read nothing."""
    run = lab.experiment.run
    given: dict[str, int] = {}
    for record in Ledger(lab.run_folder(point) / "ledger.jsonl"):
        for name, sequences in record.given.items():
            given[name] = given.get(name, 0) + sequences * record.sequence_length
    return tuple(source for source in by_source(read_slices(lab.folder(point), run, given)) if source.given)


def repetition(lab: Lab, point: Point) -> Repetition:
    """Return the repetition in a finished point and in the large run with the point's fields."""
    small = small_epochs(lab, point)
    large = large_run(lab.experiment, lab.path)
    try:
        whose = f"{point.combination} in {large.file.name}"
        _, recipe = large.adopting(point.changes, lab.experiment.run, whose)
        pieces = _supply(lab, point, recipe, large.run)
        told = predict(recipe, recipe.runs[large.run], pieces)
    except UserError as error:
        return Repetition(point.combination, small, {}, large.tokens, str(error))
    read: dict[str, int] = {}
    for phase in told.phases:
        for name, tokens in phase.read.items():
            read[name] = read.get(name, 0) + tokens
    known = {name: Large(piece.tokens, read.get(name, 0)) for name, piece in pieces.items()}
    return Repetition(point.combination, small, known, large.tokens, told.stop.reason if told.stop else "")


def _supply(lab: Lab, point: Point, large: Recipe, run: str) -> dict[str, Piece]:
    """Return the sources of the large run with their sizes.

    A source of the small run is as much larger as the two recipes' own figures say; without such figures it is taken
    to be the same.
    """
    pieces = {}
    for name in large.read_by(run):
        there = large.sources[name].expected_tokens
        small = point.recipe.sources.get(name)
        folder = lab.folder(point) / "tokens" / name
        if small is not None and artifact.is_published(folder):
            counted = artifact.read_manifest(folder).counts["train_tokens"]
            here = small.expected_tokens
            whole = counted * there / here if here and there else counted
        else:
            whole = there
        keep = large.runs[run].keep_of(name)
        size = None if whole is None else round(whole * keep)
        pieces[name] = Piece(name, name, (), size, None, "unknown" if size is None else "estimate")
    return pieces
