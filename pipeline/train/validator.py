"""The validator: the held-out loss of every slice, measured while a run trains and kept as signals for its methods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mixtures.forgetting_alarm import ForgettingAlarm
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
    signals: dict[str, dict[str, float]] = field(default_factory=dict)
    """Signal name -> {slice: value}, as last measured."""
    base: dict[str, float] = field(default_factory=dict)
    """Loss of every slice at the run's start, or when it was first measured."""
    _carried: dict[str, float] = field(default_factory=dict, init=False)
    _sets: dict[str, ValidationSet] = field(init=False)

    def __post_init__(self) -> None:
        self._sets = held_out_sets(self.job, self.segment)

    def enter(self, segment: Segment) -> None:
        """Let another segment hold; what was measured on slices that it does not have is dropped."""
        before, self.segment = self.segment, segment
        if (before.run.sequence_length, before.validation_tokens) != (
            segment.run.sequence_length,
            segment.validation_tokens,
        ):
            # Losses of other sequences cannot be compared: what was forgotten so far is carried over instead.
            now = self.signals.get("validation_loss", {})
            self._carried, self.base = {name: now[name] - self.base[name] for name in now}, {}
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
        for name, loss in losses.items():
            self.base.setdefault(name, loss - self._carried.get(name, 0.0))
        self.signals = {"validation_loss": losses}
        if self.alarm:
            self.signals["base_loss"] = {name: self.base[name] for name in losses}
        return losses

    @property
    def alarm(self) -> ForgettingAlarm | None:
        """The forgetting alarm of the segment that holds."""
        return self.segment.run.forgetting_alarm

    def ringing(self) -> dict[str, float]:
        """Return the sources for which the alarm rings, and how far each is above the base in nats per token."""
        if self.alarm is None:
            return {}
        slices = [piece.weighable for piece in self.segment.slices.values()]
        levels = self.alarm.levels(slices, self.segment.groups, self.signals)
        forgotten = self.alarm.forgotten(slices, self.segment.groups, self.signals)
        return {source: forgotten[source] for source in levels}
