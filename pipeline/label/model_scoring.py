"""Scoring: how well a checkpoint predicts documents, whatever signal asks for it.

What decides a score to the last bit is in the settings: the model, its number format, how documents are cut into
windows and how windows make batches. Scores are rounded, so that the threads of a processor or the make of a GPU, which
change the order of sums, show in next to no score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from curricula.settings import Settings, Tokens
from pipeline.errors import UserError
from pipeline.label.checkpoint import Encoded, Tokenizer
from pipeline.label.length_batches import windows_of

if TYPE_CHECKING:
    from pipeline.label.causal_model import CausalModel

DECIMALS = 4
"""Decimals of nats that are kept."""


class Scoring(Settings):
    """How documents are read by the model."""

    window: int = Field(default=2048, gt=1)
    """Most tokens of a document in one forward pass; fewer where the model is made for shorter sequences."""
    overlap: int = Field(default=0, ge=0)
    """Tokens before a window that it reads again, as context only; more of it costs time and lowers the scores of a
    long document a little."""
    most_tokens: Tokens | None = 2048
    """Tokens of a document that are scored, from its beginning; null scores all of them."""
    precision: Literal["fp32", "bf16"] = "bf16"
    """Number format of weights and activations; the last steps are in float32 either way."""
    batch_tokens: int = Field(default=16384, gt=0)
    """Most tokens of a batch, padding included. It decides bytes: another batch gives other last digits."""

    @model_validator(mode="after")
    def _moves_on(self) -> Scoring:
        if 2 * self.overlap >= self.window:
            raise ValueError(f"overlap: {self.overlap}; less than half of window {self.window} is allowed")
        if self.most_tokens == 0:
            raise ValueError("most_tokens: 0; at least 1 token is scored")
        return self


@dataclass(frozen=True)
class Scores:
    """One value a document; NaN where it has no token to predict."""

    nats_per_token: npt.NDArray[np.float64]
    nats_per_byte: npt.NDArray[np.float64]
    tokens: npt.NDArray[np.int64]
    """Tokens that were predicted."""

    @property
    def perplexity(self) -> npt.NDArray[np.float64]:
        """Return e to the nats per token."""
        return np.exp(self.nats_per_token)


class Scorer:
    """A checkpoint with its tokenizer, ready to score."""

    def __init__(self, folder: Path, scoring: Scoring, threads: int) -> None:
        from pipeline.label.causal_model import CausalModel

        self._tokenizer = Tokenizer(str(folder.resolve()), Path("/"))
        self._start = self._tokenizer.start(folder)
        self._model: CausalModel = CausalModel(folder, scoring.precision, threads)
        self._scoring = scoring
        self._folder = folder
        # The start token stands in a window besides.
        self._window = min(scoring.window, self._model.longest - 1)

    def score(self, texts: Sequence[str]) -> Scores:
        """Return the scores of documents; one is scored alike whatever the others are, to the digits kept."""
        encoded = self._tokenizer.encode(texts, self._scoring.most_tokens)
        self._check(encoded)
        windows = [
            window
            for i, document in enumerate(encoded)
            for window in windows_of(i, document.ids, self._start, self._window, self._overlap)
        ]
        nats = self._model.nats(windows, self._scoring.batch_tokens)
        documents = np.array([window.document for window in windows], dtype=np.int64)
        scored = np.array([window.scored for window in windows], dtype=np.int64)
        total = np.bincount(documents, weights=nats, minlength=len(texts)).astype(np.float64)
        tokens = np.bincount(documents, weights=scored, minlength=len(texts)).astype(np.int64)
        size = np.array([document.bytes for document in encoded], dtype=np.int64)
        return Scores(_mean(total, tokens), _mean(total, np.where(tokens > 0, size, 0)), tokens)

    @property
    def _overlap(self) -> int:
        # A model may be made for sequences so short that the recipe's overlap would fill them.
        return min(self._scoring.overlap, (self._window - 1) // 2)

    def _check(self, encoded: Sequence[Encoded]) -> None:
        largest = max((int(document.ids.max()) for document in encoded if len(document.ids)), default=0)
        if largest >= self._model.vocabulary_size:
            raise UserError(
                f"{self._folder}: its tokenizer gives token {largest}, its model has {self._model.vocabulary_size}; "
                "a checkpoint is scored with its own tokenizer"
            )


def _mean(total: npt.NDArray[np.float64], count: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    mean = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return np.round(mean, DECIMALS)
