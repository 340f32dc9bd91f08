"""What must hold between a recipe's sections where a model writes a source: what it is made from can be made first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pipeline.recipe_errors import near
from pipeline.synthesize.corrupted import Corrupted
from pipeline.synthesize.order import Order
from pipeline.yaml_file import Location

if TYPE_CHECKING:
    from pipeline.recipe import Recipe


_QUESTIONS = ("model_written", "synthetic")


def orders_of(recipe: Recipe) -> dict[str, Order]:
    """Return the orders of all sources that a model writes, by source."""
    return {name: source.read for name, source in recipe.sources.items() if isinstance(source.read, Order)}


def order_problems(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """Yield a problem for every corpus or label column that is not there, or that holds numbers."""
    kinds = {column: dtype.kind for signal in recipe.labels for column, dtype in signal.columns.items()}
    for name, order in orders_of(recipe).items():
        where = ("sources", name, "read")
        if order.corpus not in recipe.sources:
            yield (*where, "corpus"), f"no such source: {order.corpus}{near(order.corpus, list(recipe.sources))}"
        for place, column in order.mentions().items():
            if column not in kinds:
                yield (*where, *place), f"no label makes the column {column}{near(column, list(kinds))}"
        if order.discipline in kinds and kinds[order.discipline] in "iuf":
            yield (*where, "discipline"), f"{order.discipline} holds numbers; name a column of words, such as topic"
        for place, column in order.numbers().items():
            if column in kinds and kinds[column] not in "iuf":
                yield (*where, *place), f"{column} holds words; name a column of numbers"
        if order.run is not None and order.run not in recipe.runs:
            yield (
                (*where, "seeds", "practice", "run"),
                f"no run is called {order.run}{near(order.run, list(recipe.runs))}",
            )


def corrupted_problems(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """Yield a problem for every source that would spoil what is not there, or what holds no questions."""
    asked = [name for name, source in recipe.sources.items() if source.read.kind in _QUESTIONS]
    for name, source in recipe.sources.items():
        if isinstance(read := source.read, Corrupted) and read.source not in asked:
            where, kinds = ("sources", name, "read", "source"), " or ".join(_QUESTIONS)
            if read.source in recipe.sources:
                kind = recipe.sources[read.source].read.kind
                yield where, f"{read.source} is of kind {kind}; questions are made by sources of kind {kinds}"
            else:
                yield where, f"no such source: {read.source}{near(read.source, asked)}"


def circle_problems(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """Yield a problem for every source that a model would write from itself; all names in the recipe are known."""
    needs = _Needs(recipe)
    for name in orders_of(recipe):
        # A circle may close at what was written, before it is cleaned.
        if circle := _path_back(needs, f"corpus/{name}") or _path_back(needs, f"synthetic/{name}"):
            yield ("sources", name, "read"), f"is made from itself: {' needs '.join(circle)}"


def _path_back(needs: _Needs, start: str) -> list[str] | None:
    """Return the shortest way from an artifact back to itself, None where there is none."""
    waiting, seen = [[start]], {start}
    while waiting:
        way = waiting.pop(0)
        for need in needs.of(way[-1]):
            if need == start:
                return [*way, start]
            if need not in seen:
                seen.add(need)
                waiting.append([*way, need])
    return None


class _Needs:
    """Which artifacts each artifact of a recipe is made from, by their names, before any stage is built."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._orders = orders_of(recipe)

    def of(self, artifact: str) -> Iterator[str]:
        """Yield the names."""
        kind, _, name = artifact.partition("/")
        match kind:
            case "corpus":
                yield from (f"corpus/{other}" for other in self._recipe.earlier_than(name))
                yield from self._of_source(name)
            case "synthetic":
                yield from self._of_source(name)
            case "labels":
                source, _, signal = name.partition("/")
                yield f"corpus/{source}"
                yield from next(s for s in self._recipe.labels if s.kind == signal).needs(source)
            case "learned":
                signals = [s for s in self._recipe.labels if s.kind == name]
                yield from (f"corpus/{source}" for signal in signals for source in signal.learns_from().values())
            case "tokenizer":
                learned = self._recipe.tokenizer
                yield from (f"corpus/{source}" for source in (learned.sources if learned.kind == "train" else ()))
            case "tokens":
                yield from ("tokenizer", f"corpus/{name}")
            case "models":
                yield from self._of_run(name)

    def _of_source(self, source: str) -> Iterator[str]:
        if isinstance(read := self._recipe.sources[source].read, Corrupted):
            yield f"synthetic/{read.source}"
        if order := self._orders.get(source):
            yield f"corpus/{order.corpus}"
            yield from self._labels(order.corpus, order.mentions().values())
            yield from ["tokenizer"] if order.counted_by == "tokenizer" else []
            yield from [f"models/{order.run}"] if order.run else []

    def _of_run(self, name: str) -> Iterator[str]:
        run = self._recipe.runs[name]
        if run.start.kind == "run":
            yield f"models/{run.start.run}"
        for source in self._recipe.read_by(name):
            yield f"tokens/{source}"
            columns = [*(cut.column for cut in self._recipe.slices), run.order_of(source).needs]
            yield from self._labels(source, [column for column in columns if column])

    def _labels(self, source: str, columns: Iterable[str]) -> Iterator[str]:
        yield from (f"labels/{source}/{self._recipe.signal_of(column).kind}" for column in columns)
