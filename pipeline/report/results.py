"""What one run did, read from its artifacts: losses before, during and after, training curves, mixture, slices."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.recipe import Recipe, Run
from pipeline.report.mixture import Mixture, read_mixture
from pipeline.stream.evidence import Stale, followers_in, stale_evidence
from pipeline.stream.ledger import Ledger
from pipeline.stream.segment import count_segments, run_of

Curve = npt.NDArray[np.float64]
POINTS = 400
"""Most points of a training curve; longer ones are averaged over stretches of equal length."""


@dataclass(frozen=True)
class Measures:
    """Held-out measures of one slice at one end of a run."""

    loss: float
    """Nats per token."""
    perplexity: float
    bits_per_byte: float


@dataclass(frozen=True)
class SliceResult:
    """One line of the headline table."""

    slice: str
    tokens: int
    """Held-out tokens that were read."""
    base: Measures | None
    """None where the run starts from fresh weights."""
    after: Measures
    change: float | None


@dataclass(frozen=True)
class Validations:
    """Held-out loss during training; the first point is the start of the run."""

    tokens: Curve
    losses: Mapping[str, Curve]


@dataclass(frozen=True)
class Training:
    """Curves of the training steps; ``steps`` of them, shown as at most `POINTS` averages."""

    steps: int
    tokens: Curve
    loss: Curve
    learning_rate: Curve
    gradient_norm: Curve
    last_loss: float


@dataclass(frozen=True)
class StreamSlice:
    """A slice and how much of it was read."""

    name: str
    source: str
    documents: int
    tokens: int
    """Unique training tokens."""
    given: int
    """Tokens that training read."""

    @property
    def epochs(self) -> float | None:
        """How often each token was read on average; None for an empty slice."""
        return self.given / self.tokens if self.tokens else None


@dataclass(frozen=True)
class RunResult:
    """One run."""

    name: str
    run: Run
    losses: tuple[SliceResult, ...]
    validations: Validations
    training: Training
    mixture: Mixture
    slices: tuple[StreamSlice, ...]
    stale: tuple[Stale, ...]
    """What it measured on slices that are others now."""
    logit_difference: float
    """Largest difference between the exported and the trained model's logits."""
    seconds: float
    """Time spent in training steps."""

    @property
    def compared(self) -> bool:
        """Whether there is a base to compare with."""
        return any(row.base for row in self.losses)


def read_run(root: Path, recipe: Recipe, name: str) -> RunResult:
    """Read everything that a run left."""
    folder, run = root / "runs" / name, recipe.runs[name]
    earlier = [run_of(folder, index).phases for index in range(count_segments(folder) - 1)]
    mixture = read_mixture(Ledger(folder / "ledger.jsonl"), [*earlier, run.phases])
    return RunResult(
        name=name,
        run=run,
        losses=read_losses(root, name),
        validations=_validations(folder / "validation.jsonl"),
        training=_training(folder / "metrics.jsonl"),
        mixture=mixture,
        slices=read_slices(root, name, mixture.given),
        stale=tuple(stale_evidence(root, name, followers_in(root, name))),
        logit_difference=json.loads((root / "models" / name / "parity.json").read_text())["max_logit_difference"],
        seconds=read_seconds(folder),
    )


def read_seconds(run: Path) -> float:
    """Return the time that a run's folder says was spent in training steps."""
    return math.fsum(line["seconds"] for line in _lines(run / "speed.jsonl"))


def read_slices(root: Path, name: str, given: Mapping[str, int]) -> tuple[StreamSlice, ...]:
    """Read the slices of a run's stream; ``given`` is how many tokens of each were read."""
    return tuple(_slice(entry, given) for entry in _listed(root, name))


def by_source(slices: Iterable[StreamSlice]) -> list[StreamSlice]:
    """Add a source's slices up."""
    sums: dict[str, StreamSlice] = {}
    for piece in slices:
        before = sums.get(piece.source, StreamSlice(piece.source, piece.source, 0, 0, 0))
        sums[piece.source] = StreamSlice(
            piece.source,
            piece.source,
            before.documents + piece.documents,
            before.tokens + piece.tokens,
            before.given + piece.given,
        )
    return list(sums.values())


def read_losses(root: Path, run: str) -> tuple[SliceResult, ...]:
    """Read ``evaluations/<run>``, in its order."""
    path = root / "evaluations" / run / "evaluation.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["slices"]
    return tuple(
        SliceResult(
            slice=row["slice"],
            tokens=row["tokens"],
            base=Measures(**row["base"]) if row["base"] else None,
            after=Measures(**row["after"]),
            change=row["change"],
        )
        for row in rows
    )


def _listed(root: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yield the slices of the run's stream, and those that amendments removed from it."""
    earlier = sorted((root / "runs" / name / "segments").glob("*/slices.json"))
    files = [*earlier, root / "stream" / name / "slices.json"]
    entries = {e["name"]: e for file in files for e in json.loads(file.read_text(encoding="utf-8"))}
    yield from entries.values()


def _slice(entry: Mapping[str, Any], given: Mapping[str, int]) -> StreamSlice:
    name = entry["name"]
    return StreamSlice(name, entry["source"], entry["documents"], entry["tokens"], given.get(name, 0))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _validations(path: Path) -> Validations:
    rows = list(_lines(path))
    names = dict.fromkeys(name for row in rows for name in row["loss"])
    losses = {name: np.array([row["loss"].get(name, np.nan) for row in rows], dtype=np.float64) for name in names}
    return Validations(np.array([row["tokens"] for row in rows], dtype=np.float64), losses)


def _training(path: Path) -> Training:
    names = ("tokens", "loss", "learning_rate", "gradient_norm")
    table = np.array([[row[name] for name in names] for row in _lines(path)], dtype=np.float64)
    curves = {name: averaged(column, POINTS) for name, column in zip(names, table.T, strict=True)}
    return Training(steps=len(table), last_loss=float(table[-1, 1]), **curves)


def averaged(values: Curve, points: int) -> Curve:
    """Return at most ``points`` means over stretches of equal length (the last may be shorter)."""
    width = -(-len(values) // points)
    starts = np.arange(0, len(values), width)
    return np.add.reduceat(values, starts) / np.diff(np.append(starts, len(values)))
