"""The validator: the held-out loss of every slice, measured while a run trains and kept as signals for its methods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pipeline.stream.director import Signals
from pipeline.stream.segment import Segment
from pipeline.stream.validation import ValidationSet
from pipeline.train.batches import evaluate_loss
from pipeline.train.held_out import held_out_sets, share_of
from pipeline.train.job import Job
from pipeline.train.parallel import Place


@dataclass
class Validator:
    """Measures one model on the slices of the segment that holds."""

    job: Job
    place: Place
    model: Any
    segment: Segment
    signals: Signals = field(default_factory=dict)
    """Signal name -> {slice: value}, as last measured."""
    _sets: dict[str, ValidationSet] = field(init=False)

    def __post_init__(self) -> None:
        self._sets = held_out_sets(self.job, self.segment)

    def enter(self, segment: Segment) -> None:
        """Let another segment hold; what was measured on slices that it does not have is dropped."""
        self.segment = segment
        self._sets = held_out_sets(self.job, segment)
        self.signals = {
            kind: {name: value for name, value in values.items() if name in segment.slices}
            for kind, values in self.signals.items()
        }

    def measure(self, tell: Callable[[str], None]) -> dict[str, float]:
        """Return the loss of every slice (nats per token) and keep it; every process must call it."""
        losses = {}
        size = self.segment.run.micro_batch
        for name, held_out in self._sets.items():
            tokens, mask = share_of(held_out, self.place, size)
            losses[name] = evaluate_loss(self.model, tokens, micro_batch_size=size, loss_mask=mask).mean
            tell(f"validating {name}")
        self.signals = {"validation_loss": losses}
        return losses
