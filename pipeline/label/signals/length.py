"""Length: characters and units of each document, the simplest measure of difficulty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from pipeline.label.code_points import chunks, classes, of_each, unit_starts
from pipeline.label.signal import Columns, PlainSignal


class Length(PlainSignal):
    """Columns ``characters`` (code points) and ``units`` (words, or Chinese characters)."""

    kind: Literal["length"] = "length"

    @property
    def columns(self) -> Mapping[str, np.dtype[Any]]:
        """Return the two columns."""
        return {"characters": np.dtype(np.int64), "units": np.dtype(np.int64)}

    def measure(self, texts: Sequence[str], metadata: Sequence[Mapping[str, Any]]) -> Columns:
        """Count."""
        units = np.zeros(len(texts), dtype=np.int64)
        for rows, chunk in chunks(texts):
            units[rows] = chunk.count(unit_starts(of_each(classes(), chunk)))
        return {"characters": np.array([len(text) for text in texts], dtype=np.int64), "units": units}
