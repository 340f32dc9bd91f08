"""Perplexity difference: what a strong model has learned of a document that a weak one has not (arXiv 2501.13126).

Documents on which the two agree are easy for both or hard for both; where they differ there is something to learn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pipeline.label.checkpoint import AnyCheckpoint, config_of, fault_of, files_of, folder_of, identity_of
from pipeline.label.earlier_scores import earlier_scores
from pipeline.label.model_scoring import Scorer, Scoring
from pipeline.label.signal import Columns, Measure, Place, Signal, Surroundings
from pipeline.label.signals.perplexity import Perplexity, columns_of


class PerplexityDifference(Signal):
    """Columns ``perplexity_difference``, (weak - strong) / weak perplexity, and ``nats_per_byte_difference``.

    The first compares perplexities per token, which means something between checkpoints of one tokenizer; the second,
    weak - strong nats per byte, between any two. Scores of either checkpoint that the signal ``perplexity`` has made of
    this corpus with the same scoring are read and not made again.
    """

    kind: Literal["perplexity_difference"] = "perplexity_difference"
    weak: AnyCheckpoint
    """The smaller or less trained model."""
    strong: AnyCheckpoint
    """The larger or better trained one."""
    scoring: Scoring = Scoring()
    """How documents are read by both."""

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
        """Return the two columns."""
        return dict.fromkeys(["perplexity_difference", "nats_per_byte_difference"], np.dtype(np.float32))

    @property
    def identity(self) -> Mapping[str, Any]:
        """The scoring, and the runs whose models score."""
        models = {"weak": identity_of(self.weak), "strong": identity_of(self.strong)}
        return {**self.model_dump(mode="json"), **models}

    def files(self, data: Path, cache: Path | None) -> Mapping[str, str]:
        """Return the fingerprints of checkpoints from outside."""
        found = {
            name: files_of(f"labels.perplexity_difference.{name}", checkpoint, data, cache)
            for name, checkpoint in (("weak", self.weak), ("strong", self.strong))
        }
        return {name: value for name, value in found.items() if value}

    def paths(self) -> Mapping[Place, str]:
        """Return the checkpoints from outside."""
        configs = {("weak", "path"): config_of(self.weak), ("strong", "path"): config_of(self.strong)}
        return {place: config for place, config in configs.items() if config}

    def faults(self, data: Path) -> Iterator[tuple[Place, str]]:
        """Look at configs, weights and tokenizers."""
        for name, checkpoint in (("weak", self.weak), ("strong", self.strong)):
            if fault := fault_of(checkpoint, data):
                yield from (((name, "path"), line) for line in fault.splitlines())

    def needs(self, source: str) -> Sequence[str]:
        """Return the runs' models."""
        runs = [model.run for model in (self.weak, self.strong) if model.kind == "run"]
        return tuple(f"models/{run}" for run in dict.fromkeys(runs))

    def open(self, around: Surroundings) -> Measure:
        """Load both checkpoints, or what one of them has scored already."""
        weak, strong = self._scores(self.weak, around), self._scores(self.strong, around)

        def measure(texts: Sequence[str], metadata: Sequence[Mapping[str, Any]]) -> Columns:
            low, high = weak(texts, metadata), strong(texts, metadata)
            relative = (low["perplexity"] - high["perplexity"]) / low["perplexity"]
            return {
                "perplexity_difference": relative,
                "nats_per_byte_difference": low["nats_per_byte"] - high["nats_per_byte"],
            }

        return measure

    def _scores(self, checkpoint: AnyCheckpoint, around: Surroundings) -> Measure:
        same = Perplexity(checkpoint=checkpoint, scoring=self.scoring)
        if (found := earlier_scores(same, around)) is not None:
            return found
        scorer = Scorer(folder_of(checkpoint, around.data, around.root), self.scoring, around.workers)
        return lambda texts, metadata: columns_of(scorer.score(texts))
