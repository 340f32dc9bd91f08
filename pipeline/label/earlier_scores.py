"""Earlier scores: the labels of a signal, read back by another one in place of making them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline import artifact
from pipeline.label.signal import Columns, Measure, Signal, Surroundings

LABELS = "labels.parquet"


def earlier_scores(signal: Signal, around: Surroundings) -> Measure | None:
    """Return what looks the signal's values up, or None where its labels of this corpus are not there or are stale."""
    folder = around.root / "labels" / around.source / signal.kind
    if not artifact.is_published(folder):
        return None
    manifest = artifact.read_manifest(folder)
    names = [f"corpus/{around.source}", *signal.needs(around.source)]
    made_from = {name: artifact.read_manifest(around.root / name).fingerprint for name in names}
    expected = {**signal.files(around.data, around.root / "cache"), **made_from}
    if dict(manifest.inputs) != expected or dict(manifest.settings) != dict(signal.identity):
        return None
    # Loaded here: a recipe is checked without it.
    import pyarrow.parquet as pq

    table = pq.read_table(folder / LABELS, columns=list(signal.columns), memory_map=True)

    def measure(texts: Sequence[str], metadata: Sequence[Mapping[str, Any]]) -> Columns:
        first = metadata[0]["row"] if metadata else 0
        rows = table.slice(first, len(metadata))
        return {name: rows[name].to_numpy() for name in signal.columns}

    return measure
