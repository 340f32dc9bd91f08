"""A corpus's funnel as lines of a terminal: documents in, what each reason removed, samples of it, what was kept."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.report.corpora import Funnel, Sample

_SAMPLE_CHARACTERS = 160


def lines(funnel: Funnel) -> Iterator[str]:
    """Yield the table, then the samples."""
    rows = [("documents in", funnel.documents_in)]
    rows += [(f"removed: {removal.reason}", removal.documents) for removal in funnel.removals]
    rows.append(("kept", funnel.kept))
    width, digits = max(len(name) for name, _ in rows), len(f"{funnel.documents_in:,}")
    for name, number in rows:
        share = 100 * number / max(funnel.documents_in, 1)
        yield f"  {name.ljust(width)}  {number:>{digits},}  {share:6.2f} %"
    yield f"  licence: {funnel.license}"
    if funnel.repaired:
        yield "  repaired in what was kept: " + ", ".join(f"{what} {count:,}" for what, count in funnel.repaired)
    for removal in funnel.removals:
        yield f"samples of {removal.reason} ({len(removal.samples)} of {removal.documents:,}):"
        for sample in removal.samples:
            yield f"  {sample.file_line or sample.id}: found {sample.found}; allowed {sample.allowed}"
            yield _text(sample)
    for taken in funnel.taken:
        shown = f"{len(taken.samples)} of {taken.lines:,}, removed documents included"
        yield f"lines taken out by {taken.repair} ({shown}):"
        for sample in taken.samples:
            yield f"  {sample.file_line}"
            yield _text(sample)


def _text(sample: Sample) -> str:
    text = " ".join(sample.text.split())
    return f"    {text[:_SAMPLE_CHARACTERS]}{' …' if len(text) > _SAMPLE_CHARACTERS else ''}"
