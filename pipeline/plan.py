"""A plan: the stages of a recipe in the order in which they are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mixtures.base import expand
from pipeline.clean.stage import CleanStage
from pipeline.errors import UserError
from pipeline.label.learn_stage import LearnStage
from pipeline.label.learned import Learned
from pipeline.label.signals import AnySignal
from pipeline.label.stage import LabelStage
from pipeline.recipe import Recipe, Run
from pipeline.recipe_errors import near
from pipeline.report.stage import ReportStage
from pipeline.stage import Stage, why_stale
from pipeline.stream.cutting import Part
from pipeline.stream.stage import StreamStage
from pipeline.stream.weighed import weighed_by
from pipeline.tokens.stage import TokenizeStage
from pipeline.tokens.tokenizer_stage import TokenizerStage
from pipeline.train.stages import EvaluateStage, ExportStage, TrainStage


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


def sources_of(recipe: Recipe, run: Run) -> tuple[str, ...]:
    """Return the sources that a run reads or watches, in the recipe's order."""
    if any(phase.mixture.reads_everything for phase in run.phases):
        return tuple(recipe.sources)
    named = dict.fromkeys(name for phase in run.phases for name in phase.mixture.names())
    read = expand(dict.fromkeys(named, 1.0), recipe.groups)
    return tuple(source for source in recipe.sources if source in read or source in run.watch)


def make_plan(recipe: Recipe, data: Path, root: Path) -> Plan:
    """Build every stage. ``data`` is where relative paths start, ``root`` where hashes of raw files are remembered."""
    cache = root / "cache"
    clean: dict[str, CleanStage] = {}
    for name, source in recipe.sources.items():
        earlier = tuple(clean[other] for other in clean if {other, name} <= {*recipe.clean.deduplicate.across})
        clean[name] = CleanStage(name, source, recipe.clean, recipe.seed, data, cache, earlier)
    learned = recipe.tokenizer.sources if recipe.tokenizer.kind == "train" else ()
    tokenizer = TokenizerStage(recipe.tokenizer, tuple(clean[name] for name in learned), data)
    tokens = {name: TokenizeStage(clean[name], tokenizer, recipe.validation.share) for name in recipe.sources}
    made: dict[str, Stage] = {stage.name: stage for stage in (*clean.values(), tokenizer, *tokens.values())}
    lessons = (LearnStage(s, clean, recipe.seed, data, cache) for s in recipe.labels if isinstance(s, Learned))
    made.update({stage.name: stage for stage in lessons})
    labels = _Labels(recipe, clean, made)
    runs = tuple(_runs(recipe, labels, tokens, tokenizer, data, cache, made))
    stages = _inputs_first((*clean.values(), *labels.values(), tokenizer, *tokens.values(), *runs))
    return Plan((*stages, ReportStage(recipe, stages)))


class _Labels(Mapping[tuple[str, str], LabelStage]):
    """(source, kind of signal) -> its stage, made when first asked for: it may read the model of an earlier run."""

    def __init__(self, recipe: Recipe, clean: Mapping[str, CleanStage], made: Mapping[str, Stage]) -> None:
        self._signals: dict[str, AnySignal] = {signal.kind: signal for signal in recipe.labels}
        self._clean, self._made = clean, made
        self._stages: dict[tuple[str, str], LabelStage] = {}

    def __getitem__(self, key: tuple[str, str]) -> LabelStage:
        if key not in self._stages:
            source, kind = key
            signal = self._signals[kind]
            needs = tuple(self._made[name] for name in signal.needs(source))
            self._stages[key] = LabelStage(self._clean[source], signal, needs)
        return self._stages[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((source, kind) for source in self._clean for kind in self._signals)

    def __len__(self) -> int:
        return len(self._clean) * len(self._signals)


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


def _runs(
    recipe: Recipe,
    labels: _Labels,
    tokens: dict[str, TokenizeStage],
    tokenizer: TokenizerStage,
    data: Path,
    cache: Path,
    made: dict[str, Stage],
) -> Iterator[Stage]:
    """Yield the stages of all runs; ``made`` is given every exported model, for labels that read one."""
    exports: dict[str, ExportStage] = {}
    for name, run in recipe.runs.items():
        parts = tuple(_part(recipe, run, source, labels, tokens[source]) for source in sources_of(recipe, run))
        stream = StreamStage(name, parts, weighed_by(recipe, name))
        start = exports[run.start.run] if run.start.kind == "run" else None
        train = TrainStage(recipe, name, stream, tokens, tokenizer, start, data, cache)
        exports[name] = ExportStage(train)
        made[exports[name].name] = exports[name]
        yield from (stream, train, exports[name], EvaluateStage(exports[name]))


def _part(recipe: Recipe, run: Run, source: str, labels: _Labels, tokens: TokenizeStage) -> Part:
    kinds = {column: signal.kind for signal in recipe.labels for column in signal.columns}
    signal = run.order_of(source).needs
    wanted = [*(cut.column for cut in recipe.slices), *([signal] if signal else [])]
    return Part(tokens, source, {column: labels[source, kinds[column]] for column in wanted}, recipe.slices, signal)
