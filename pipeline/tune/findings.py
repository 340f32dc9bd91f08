"""The findings of an experiment: every law that it names, asked of the points that are finished so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.tune.evidence import Evidence
from pipeline.tune.finding import Finding
from pipeline.tune.inquiries import AnyInquiry
from pipeline.tune.laws.fitting import FitError


def findings(evidence: Evidence) -> list[Finding]:
    """Return one finding for every law, in the order of the experiment; one that cannot be fitted yet says why."""
    return [_find(inquiry, evidence) for inquiry in evidence.experiment.laws]


def _find(inquiry: AnyInquiry, evidence: Evidence) -> Finding:
    try:
        return inquiry.find(evidence)
    except FitError as error:
        reason = f"Cannot be said yet: {error}."
        return Finding(inquiry.kind, inquiry.title, (reason,), would_change=(reason,))


def told(found: Sequence[Finding]) -> Iterator[str]:
    """Yield the lines that a terminal shows."""
    for finding in found:
        yield finding.title
        yield from (f"  {statement}" for statement in finding.statements)
