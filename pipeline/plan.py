"""A plan: the stages of a recipe in the order in which they are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mixtures.base import expand
from pipeline.clean.stage import CleanStage
from pipeline.errors import UserError
from pipeline.label.stage import LabelStage
from pipeline.recipe import Recipe, Run
from pipeline.recipe_errors import near
from pipeline.report.stage import ReportStage
from pipeline.stage import Stage, why_stale
from pipeline.stream.stage import Part, StreamStage
from pipeline.tokens.stage import TokenizeStage
from pipeline.tokens.tokenizer_stage import TokenizerStage
from pipeline.train.stages import EvaluateStage, ExportStage, TrainStage

Labels = Mapping[tuple[str, str], LabelStage]
"""(source, kind of signal) -> its stage."""


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
    named = dict.fromkeys(name for phase in run.phases for name in phase.mixture.names())
    read = expand(dict.fromkeys(named, 1.0), recipe.groups)
    return tuple(source for source in recipe.sources if source in read or source in run.watch)


def make_plan(recipe: Recipe, data: Path, root: Path) -> Plan:
    """Build every stage. ``data`` is where relative paths start, ``root`` where hashes of raw files are remembered."""
    cache = root / "cache"
    clean = {
        name: CleanStage(name, source, recipe.clean, recipe.seed, data, cache)
        for name, source in recipe.sources.items()
    }
    labels: Labels = {
        (name, signal.kind): LabelStage(clean[name], signal) for name in recipe.sources for signal in recipe.labels
    }
    learned = recipe.tokenizer.sources if recipe.tokenizer.kind == "train" else ()
    tokenizer = TokenizerStage(recipe.tokenizer, tuple(clean[name] for name in learned), data)
    tokens = {name: TokenizeStage(clean[name], tokenizer, recipe.validation.share) for name in recipe.sources}
    runs = tuple(_runs(recipe, labels, tokens, tokenizer, data, cache))
    stages = (*clean.values(), *labels.values(), tokenizer, *tokens.values(), *runs)
    return Plan((*stages, ReportStage(recipe, stages)))


def _runs(
    recipe: Recipe,
    labels: Labels,
    tokens: dict[str, TokenizeStage],
    tokenizer: TokenizerStage,
    data: Path,
    cache: Path,
) -> Iterator[Stage]:
    exports: dict[str, ExportStage] = {}
    for name, run in recipe.runs.items():
        parts = tuple(_part(recipe, run, source, labels, tokens[source]) for source in sources_of(recipe, run))
        stream = StreamStage(name, parts)
        start = exports[run.start.run] if run.start.kind == "run" else None
        train = TrainStage(recipe, name, stream, tokens, tokenizer, start, data, cache)
        exports[name] = ExportStage(train)
        yield from (stream, train, exports[name], EvaluateStage(exports[name]))


def _part(recipe: Recipe, run: Run, source: str, labels: Labels, tokens: TokenizeStage) -> Part:
    makers = {column: labels[source, signal.kind] for signal in recipe.labels for column in signal.columns}
    signal = run.order_of(source).needs
    wanted = [*recipe.slices, *([signal] if signal else [])]
    return Part(tokens, source, {column: makers[column] for column in wanted}, recipe.slices, signal)
