"""The page's sentences: what was done and what came of it, said from the data alone."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.recipe import Recipe, Run
from pipeline.report.corpora import Corpus
from pipeline.report.numbers import amount, counted, joined, percent, signed, verdict, whole
from pipeline.report.results import RunResult, SliceResult


def what_was_done(recipe: Recipe, corpora: Sequence[Corpus], results: Sequence[RunResult]) -> str:
    """Return the paragraph that opens the page."""
    documents, kept = sum(c.documents_in for c in corpora), sum(c.kept for c in corpora)
    removed = percent(1 - kept / documents) if documents else percent(0)
    cleaning = (
        f"{counted(len(corpora), 'source')} with {whole(documents)} documents went in; cleaning kept {whole(kept)} "
        f"and removed {removed}. {_tokenizer(recipe)} made {whole(sum(c.tokens for c in corpora))} tokens of them."
    )
    training = " ".join(_run(result) for result in results)
    return f"{cleaning} {training} {outcome(results[-1])}"


def _tokenizer(recipe: Recipe) -> str:
    settings = recipe.tokenizer
    if settings.kind == "train":
        return (
            f"A tokenizer with {whole(settings.vocabulary_size)} entries, trained on {joined(list(settings.sources))},"
        )
    return f"The tokenizer {settings.path}"


def _run(result: RunResult) -> str:
    run, mixture = result.run, result.mixture
    phases = joined([f"{phase.name} ({amount(phase.whole.tokens)})" for phase in mixture.phases])
    return (
        f"Run {result.name} started from {start_of(run)} and read {whole(mixture.tokens)} tokens in "
        f"{counted(result.training.steps, 'step')}: {phases}."
    )


def start_of(run: Run) -> str:
    """Say what a run started from."""
    start = run.start
    if start.kind == "run":
        return f"the final weights of run {start.run}"
    if start.kind == "checkpoint":
        return f"the checkpoint {start.path}"
    return f"fresh weights ({amount(start.architecture.parameters())} parameters)"


def phases(result: RunResult) -> str:
    """Name the phases by the numbers that the figures give them."""
    names = [f"{i} {phase.name}" for i, phase in enumerate(result.mixture.phases, start=1)]
    return f"{'Phases' if len(names) > 1 else 'Phase'}: {', '.join(names)}."


def outcome(result: RunResult) -> str:
    """Say how many slices a run made better and worse."""
    if not result.compared:
        return "It had no base to be compared with."
    rows = [row for row in result.losses if row.change is not None]
    better, worse = (sorted(_with(rows, which), key=_size) for which in ("better", "worse"))
    same = len(rows) - len(better) - len(worse)
    fell = f"fell on {whole(len(better))} of {counted(len(rows), 'slice')}{_most(better)}"
    rose = f"rose on {whole(len(worse)) if worse else 'none'}{_most(worse)}"
    stayed = [f"stayed the same on {whole(same)}"] if same else []
    return f"Against its start, held-out loss {joined([fell, rose, *stayed])}."


def _with(rows: list[SliceResult], which: str) -> list[SliceResult]:
    return [row for row in rows if verdict(row.change) == which]


def _size(row: SliceResult) -> tuple[float, str]:
    return -abs(row.change or 0.0), row.slice


def _most(rows: list[SliceResult]) -> str:
    if not rows:
        return ""
    most = "most on " if len(rows) > 1 else ""
    return f" ({most}{rows[0].slice}, {signed(rows[0].change, 3)} nats per token)"
