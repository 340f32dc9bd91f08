"""Length: characters and units of each document, the simplest measure of difficulty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from pipeline.clean.units import units
from pipeline.label.signal import Columns, Signal


class Length(Signal):
    """Columns ``characters`` (code points) and ``units`` (words, or Chinese characters)."""

    kind: Literal["length"] = "length"

    @property
    def columns(self) -> Mapping[str, np.dtype[Any]]:
        """Return the two columns."""
        return {"characters": np.dtype(np.int64), "units": np.dtype(np.int64)}

    def measure(self, texts: Sequence[str], metadata: Sequence[Mapping[str, Any]]) -> Columns:
        """Count."""
        return {
            "characters": np.array([len(text) for text in texts], dtype=np.int64),
            "units": np.array([len(units(text)) for text in texts], dtype=np.int64),
        }
