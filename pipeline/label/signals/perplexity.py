"""Perplexity: how hard a document is for a model, such as the one that training will start from (arXiv 2407.18743)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pipeline.label.checkpoint import AnyCheckpoint, config_of, fault_of, files_of, folder_of, identity_of
from pipeline.label.model_scoring import Scorer, Scores, Scoring
from pipeline.label.signal import Columns, Measure, Place, Signal, Surroundings


class Perplexity(Signal):
    """Columns ``perplexity`` (e to the nats per token), ``nats_per_token``, ``nats_per_byte`` and ``scored_tokens``.

    Nats are those of the document's tokens after the checkpoint's start token (``bos_token_id``, else the token that
    ends documents), in the checkpoint's own tokenizer; NaN where there is nothing to predict.
    """

    kind: Literal["perplexity"] = "perplexity"
    checkpoint: AnyCheckpoint
    """The model that scores."""
    scoring: Scoring = Scoring()
    """How documents are read by it."""

    @property
    def extras(self) -> tuple[str, ...]:
        """The model's."""
        return ("train",)

    @property
    def uses_all_cores(self) -> bool:
        """The model does."""
        return True

    @property
    def columns(self) -> Mapping[str, np.dtype[Any]]:
        """Return the four columns."""
        numbers = dict.fromkeys(["perplexity", "nats_per_token", "nats_per_byte"], np.dtype(np.float32))
        return {**numbers, "scored_tokens": np.dtype(np.int32)}

    @property
    def identity(self) -> Mapping[str, Any]:
        """The scoring, and the run whose model scores."""
        return {**self.model_dump(mode="json"), "checkpoint": identity_of(self.checkpoint)}

    def files(self, data: Path, cache: Path | None) -> Mapping[str, str]:
        """Return the fingerprint of a checkpoint from outside."""
        found = files_of("labels.perplexity.checkpoint", self.checkpoint, data, cache)
        return {"checkpoint": found} if found else {}

    def paths(self) -> Mapping[Place, str]:
        """Return the checkpoint from outside."""
        config = config_of(self.checkpoint)
        return {("checkpoint", "path"): config} if config else {}

    def faults(self, data: Path) -> Iterator[tuple[Place, str]]:
        """Look at config, weights and tokenizer."""
        if fault := fault_of(self.checkpoint, data):
            yield from ((("checkpoint", "path"), line) for line in fault.splitlines())

    def needs(self, source: str) -> Sequence[str]:
        """Return the run's model, where a run's it is."""
        return (f"models/{self.checkpoint.run}",) if self.checkpoint.kind == "run" else ()

    def open(self, around: Surroundings) -> Measure:
        """Load the checkpoint."""
        scorer = Scorer(folder_of(self.checkpoint, around.data, around.root), self.scoring, around.workers)
        return lambda texts, metadata: columns_of(scorer.score(texts))


def columns_of(scores: Scores) -> Columns:
    """Return scores as the columns of a table."""
    return {
        "perplexity": scores.perplexity.astype(np.float32),
        "nats_per_token": scores.nats_per_token.astype(np.float32),
        "nats_per_byte": scores.nats_per_byte.astype(np.float32),
        "scored_tokens": scores.tokens.astype(np.int32),
    }
