"""Compression ratio: compressed bytes by bytes; a low one means repetitive, easy text (arXiv 2506.11300)."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from pipeline.label.signal import Columns, PlainSignal

LEVEL = 6


class CompressionRatio(PlainSignal):
    """Column ``compression_ratio``: zlib level 6 bytes divided by UTF-8 bytes; near 0 repetitive, 1 or more noise."""

    kind: Literal["compression_ratio"] = "compression_ratio"

    @property
    def columns(self) -> Mapping[str, np.dtype[Any]]:
        """Return the column."""
        return {"compression_ratio": np.dtype(np.float32)}

    def measure(self, texts: Sequence[str], metadata: Sequence[Mapping[str, Any]]) -> Columns:
        """Compress each text on its own."""
        ratios = [_ratio(text.encode(errors="surrogatepass")) for text in texts]
        return {"compression_ratio": np.array(ratios, dtype=np.float32)}


def _ratio(data: bytes) -> float:
    return len(zlib.compress(data, LEVEL)) / max(len(data), 1)
