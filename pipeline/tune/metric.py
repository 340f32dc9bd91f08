"""A metric: one number by which points are compared, read from what a point left behind."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from curricula.settings import Settings
from mixtures.base import Groups


@dataclass(frozen=True)
class Outcome:
    """What a finished point left."""

    validations: Sequence[Mapping[str, Any]]
    """``tokens`` and ``loss`` (slice -> nats per token) of every validation, the first before any training."""
    steps: Sequence[Mapping[str, Any]]
    """``tokens``, ``loss`` and ``learning_rate`` of every step."""
    measures: Mapping[str, float]
    """Identity of a probe -> what it found on the final model."""


def read_outcome(run: Path, measures: Path | None = None) -> Outcome:
    """Read a run's folder, and the file of its probes where an experiment has any."""
    found = json.loads(measures.read_text(encoding="utf-8")) if measures else {}
    return Outcome(_rows(run / "validation.jsonl"), _rows(run / "metrics.jsonl"), found)


class Metric(Settings):
    """The base of all metrics; a lower number is better."""

    @property
    def asked(self) -> tuple[str, ...]:
        """Sources whose held-out documents it needs."""
        return ()

    def of_sources(self, groups: Groups) -> Self:
        """Return the metric with groups of sources replaced by what is in them."""
        return self

    def refusals(self, sequence_length: int) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) with asking it of a run with sequences of this length, here, before any run."""
        yield from ()

    @abstractmethod
    def measure(self, outcome: Outcome) -> float:
        """Return the number; raise UserError where the run has not measured what it needs."""


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
