"""Skipped steps: sequences that were read and changed nothing, because the spike guard kept the update back.

They are written beside the ledger, one line a step, and again follow from it: from the losses and gradient norms of
the run's metrics and the guard of its settings.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.stream.open_run import OpenRun
from pipeline.train.settings import SpikeGuard
from pipeline.train.spike_guard import Place, Spikes

SKIPPED = "skipped.jsonl"


def skipped_steps(folder: Path) -> dict[int, str]:
    """Return step -> why its update was kept back."""
    return {line["step"]: line["reason"] for line in _lines(folder / SKIPPED)}


def problems_of_skips(opened: OpenRun) -> Iterator[str]:
    """Yield every step that was skipped although the guard allows it, or made although it does not."""
    listed, spikes = skipped_steps(opened.folder), Spikes()
    lines = _lines(opened.folder / "metrics.jsonl")
    ends = iter(opened.ledger)
    record = next(ends, None)
    for line in lines:
        while record is not None and record.end < line["position"]:
            record = next(ends, None)
        if record is None:
            return
        guard = opened.segments[record.segment].run.spike_guard
        expected = guard is not None and _is_spike(spikes, guard, (record.segment, record.phase), line)
        where = f"{opened.folder / SKIPPED}: step {line['step']}"
        if expected != line.get("skipped", False):
            yield f"{where}: {'was made' if expected else 'was skipped'}, which does not follow from the spike guard"
        elif expected != (line["step"] in listed):
            yield f"{where}: {'is missing' if expected else 'is listed, and was not skipped'}"


def _is_spike(spikes: Spikes, guard: SpikeGuard, place: Place, line: Mapping[str, Any]) -> bool:
    loss, norm = (math.nan if line[name] is None else line[name] for name in ("loss", "gradient_norm"))
    return spikes.judge(guard, place, loss, norm) is not None


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a file; the last one of a run under way may be half there."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)
