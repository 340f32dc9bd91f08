"""A funnel as lines of a terminal: documents or answers in, what each reason removed, what was kept, and samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.report.corpora import Funnel, Removal, Sample, ranked
from pipeline.report.made import Answers

_SAMPLE_CHARACTERS = 160


def lines(funnel: Funnel) -> Iterator[str]:
    """Yield the table, then the samples."""
    yield from _table("documents in", funnel.documents_in, "removed", funnel.removals, funnel.kept)
    yield f"  licence: {funnel.license}"
    if funnel.repaired:
        yield "  repaired in what was kept: " + ", ".join(f"{what} {count:,}" for what, count in funnel.repaired)
    yield from _samples(funnel.removals)
    for taken in funnel.taken:
        shown = f"{len(taken.samples)} of {taken.lines:,}, removed documents included"
        yield f"lines taken out by {taken.repair} ({shown}):"
        for sample in taken.samples:
            yield f"  {sample.file_line}"
            yield _text(sample)


def answer_lines(answers: Answers) -> Iterator[str]:
    """Yield the same for what a model wrote, with its quotas and what it took."""
    counts = answers.counts
    yield (
        f"{counts['requests']:,} requests to {answers.model} about {answers.seeds}, {counts['prompt_tokens']:,} tokens "
        f"of prompts and {counts['answer_tokens']:,} of answers; ended by {counts['ended_by']}"
    )
    yield from _table("questions", counts["pairs"], "rejected", answers.removals, counts["kept"])
    for name, told in counts["disciplines"].items():
        yield f"  {name}: {told['tokens']:,} of {told['quota']:,} tokens, after {told['requests']:,} requests"
    yield from _chosen(counts)
    yield from _agreement(counts.get("judge"))
    yield from _samples(answers.removals)


def _chosen(counts: Mapping[str, Any]) -> Iterator[str]:
    """Yield how the pages that were asked about were found, and what of them was not asked about."""
    for name, ways in counts.get("seeds", {}).get("pages", {}).items():
        yield f"  pages of {name}: " + ", ".join(f"{count:,} by {way}" for way, count in ways.items() if count)
    if left := ranked(counts.get("snippets_left_out", {})):
        yield "  left out before asking: " + ", ".join(f"{count:,} {reason}" for reason, count in left)


def _agreement(judge: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield what a second model thought of it, if one was asked and said anything."""
    if judge and judge["agreement"] is not None:
        wrong, right = judge["passed_judged_wrong"], judge["rejected_judged_right"]
        kappa = "" if judge["kappa"] is None else f" (kappa {judge['kappa']})"
        yield (
            f"  the judge agrees with the checks on {judge['agreement']:.1%} of what it saw{kappa}: it calls {wrong:,} "
            f"wrong that passed, and {right:,} right that did not"
        )


def _table(first: str, total: int, gone: str, removals: Sequence[Removal], kept: int) -> Iterator[str]:
    rows = [(first, total)]
    rows += [(f"{gone}: {removal.reason}", removal.documents) for removal in removals]
    rows.append(("kept", kept))
    width, digits = max(len(name) for name, _ in rows), len(f"{total:,}")
    for name, number in rows:
        yield f"  {name.ljust(width)}  {number:>{digits},}  {100 * number / max(total, 1):6.2f} %"


def _samples(removals: Sequence[Removal]) -> Iterator[str]:
    for removal in removals:
        yield f"samples of {removal.reason} ({len(removal.samples)} of {removal.documents:,}):"
        for sample in removal.samples:
            yield f"  {sample.file_line or sample.id}: found {sample.found}; allowed {sample.allowed}"
            yield _text(sample)


def _text(sample: Sample) -> str:
    text = " ".join(sample.text.split())
    return f"    {text[:_SAMPLE_CHARACTERS]}{' …' if len(text) > _SAMPLE_CHARACTERS else ''}"
