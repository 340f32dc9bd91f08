"""A plan: the stages of a recipe in the order in which they are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pipeline.clean import reading
from pipeline.clean.stage import CleanStage
from pipeline.errors import UserError
from pipeline.label.learn_stage import LearnStage
from pipeline.label.learned import Learned
from pipeline.label.stage import LabelStage
from pipeline.recipe import Recipe, Run
from pipeline.recipe_errors import near
from pipeline.report.stage import ReportStage
from pipeline.sources import Synthetic
from pipeline.stage import Stage, why_stale
from pipeline.stream.cutting import Part
from pipeline.stream.stage import StreamStage
from pipeline.stream.weighed import weighed_by
from pipeline.synthesize.corrupt_stage import CorruptStage, Made
from pipeline.synthesize.corrupted import Corrupted
from pipeline.synthesize.order import Order
from pipeline.synthesize.stage import SynthesizeStage
from pipeline.tokens.stage import TokenizeStage
from pipeline.tokens.tokenizer_stage import TokenizerStage
from pipeline.train.stages import EvaluateStage, ExportStage, TrainStage

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Plan:
    """All stages of a recipe, inputs before what is made from them."""

    stages: tuple[Stage, ...]

    def only(self, chosen: Sequence[str], root: Path) -> tuple[Stage, ...]:
        """Return the stages of these verbs or names; raise UserError if one of them reads something stale."""
        verbs = list(dict.fromkeys(stage.verb for stage in self.stages))
        names = [stage.name for stage in self.stages]
        unknown = [
            f"--only {word}: no such stage{near(word, verbs)}" for word in chosen if word not in [*verbs, *names]
        ]
        picked = tuple(stage for stage in self.stages if stage.verb in chosen or stage.name in chosen)
        missing = {
            f"{stage.name} needs {need.name}, which is stale: {reason}"
            for stage in picked
            for need in stage.stages
            if need not in picked and (reason := why_stale(need, root))
        }
        if unknown or missing:
            raise UserError("\n".join([*unknown, *sorted(missing)]))
        return picked


def make_plan(recipe: Recipe, data: Path, root: Path) -> Plan:
    """Build every stage. ``data`` is where relative paths start, ``root`` where hashes of raw files are remembered."""
    made = _Stages(recipe, data, root / "cache")
    clean = [made.clean[name] for name in recipe.sources]
    labels = [made.labels[source, signal.kind] for source in recipe.sources for signal in recipe.labels]
    tokens = [made.tokens[name] for name in recipe.sources]
    runs = [stage for name in recipe.runs for stage in made.of_run(name)]
    stages = _inputs_first((*clean, *labels, made.tokenizer, *tokens, *runs))
    return Plan((*stages, ReportStage(recipe, stages)))


class _Lazy(dict[K, V]):
    """Values that are made when they are first asked for."""

    def __init__(self, make: Callable[[K], V]) -> None:
        self._make = make

    def __missing__(self, key: K) -> V:
        self[key] = self._make(key)
        return self[key]


class _Stages:
    """The stages of a recipe, each made after those that it reads, whatever the order in which they are asked for.

    A recipe that was checked holds no circle: what a source is made from is never made from the source.
    """

    def __init__(self, recipe: Recipe, data: Path, cache: Path) -> None:
        self._recipe, self._data, self._cache = recipe, data, cache
        self.clean = _Lazy(self._clean)
        self.labels = _Lazy(self._label)
        self.synthesized = _Lazy(self._synthesize)
        self.tokens = _Lazy(self._tokenize)
        self.trained = _Lazy(self._train)
        self.exported = _Lazy(self._export)
        self._learned = _Lazy(self._learn)

    def of_run(self, name: str) -> Iterator[Stage]:
        """Yield the stages of a run."""
        export = self.exported[name]
        yield from (self.trained[name].stream, self.trained[name], export, EvaluateStage(export))

    @cached_property
    def tokenizer(self) -> TokenizerStage:
        """The tokenizer's stage."""
        settings = self._recipe.tokenizer
        learned = settings.sources if settings.kind == "train" else ()
        return TokenizerStage(settings, tuple(self.clean[name] for name in learned), self._data)

    def _clean(self, name: str) -> CleanStage:
        recipe, source = self._recipe, self._recipe.sources[name]
        earlier = tuple(self.clean[other] for other in recipe.earlier_than(name))
        written = self._written(name)
        return CleanStage(name, source, recipe.clean, recipe.seed, self._data, self._cache, earlier, written)

    def _written(self, name: str) -> Stage | None:
        """Return what makes the documents of a source, where no reader finds them."""
        match self._recipe.sources[name].read:
            case Order():
                return self.synthesized[name]
            case Corrupted() as read:
                return CorruptStage(name, read, self._questions(name, read.source), self._data)
            case _:
                return None

    def _questions(self, name: str, source: str) -> Stage | Made:
        read = self._recipe.sources[source].read
        if isinstance(read, Order):
            return self.synthesized[source]
        assert isinstance(read, Synthetic), "only questions are spoilt"
        files = reading.identity(source, read, self._data, self._cache)
        return Made(read.synthesizer, read.documents, self._recipe.seed, files)

    def _synthesize(self, name: str) -> SynthesizeStage:
        order = self._recipe.sources[name].read
        assert isinstance(order, Order), "only an order is carried out"
        kinds = {column: self._recipe.signal_of(column).kind for column in order.mentions().values()}
        labels = {column: self.labels[order.corpus, kind] for column, kind in kinds.items()}
        tokenizer = self.tokenizer if order.counted_by == "tokenizer" else None
        run = self.trained[order.run] if order.run else None
        return SynthesizeStage(name, order, self.clean[order.corpus], labels, tokenizer, run, self._data)

    def _tokenize(self, name: str) -> TokenizeStage:
        return TokenizeStage(self.clean[name], self.tokenizer, self._recipe.validation.share)

    def _learn(self, kind: str) -> LearnStage:
        signal = next(signal for signal in self._recipe.labels if signal.kind == kind)
        assert isinstance(signal, Learned), "only of these an artifact learned/<kind> is needed"
        return LearnStage(signal, self.clean, self._recipe.seed, self._data, self._cache)

    def _label(self, key: tuple[str, str]) -> LabelStage:
        source, kind = key
        signal = next(signal for signal in self._recipe.labels if signal.kind == kind)
        return LabelStage(self.clean[source], signal, tuple(map(self._named, signal.needs(source))))

    def _named(self, artifact: str) -> Stage:
        """Return what makes an artifact that a signal needs."""
        folder, _, name = artifact.partition("/")
        if folder == "tokenizer":
            return self.tokenizer
        made: dict[str, Mapping[str, Stage]]
        made = {"learned": self._learned, "tokens": self.tokens, "models": self.exported}
        return made[folder][name]

    def _train(self, name: str) -> TrainStage:
        recipe, run = self._recipe, self._recipe.runs[name]
        parts = tuple(self._part(run, source) for source in recipe.read_by(name))
        stream = StreamStage(name, parts, weighed_by(recipe, name))
        start = self.exported[run.start.run] if run.start.kind == "run" else None
        return TrainStage(recipe, name, stream, self.tokens, self.tokenizer, start, self._data, self._cache)

    def _export(self, name: str) -> ExportStage:
        return ExportStage(self.trained[name])

    def _part(self, run: Run, source: str) -> Part:
        signal = run.order_of(source).needs
        wanted = [*(cut.column for cut in self._recipe.slices), *([signal] if signal else [])]
        labels = {column: self.labels[source, self._recipe.signal_of(column).kind] for column in wanted}
        return Part(self.tokens[source], source, labels, self._recipe.slices, signal, run.keep_of(source))


def _inputs_first(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """Return the stages in their order, but each after those that it reads."""
    placed: dict[str, Stage] = {}

    def place(stage: Stage) -> None:
        if stage.name not in placed:
            for need in stage.stages:
                place(need)
            placed[stage.name] = stage

    for stage in stages:
        place(stage)
    return tuple(placed.values())
