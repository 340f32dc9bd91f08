"""Merging: a mixture foretold by the mean of models that were each trained on one of its parts (arXiv 2410.15661).

As many runs as there are parts stand for any number of mixtures: weights are averaged by the mixture's shares, and the
mean model is validated like a run. Whether that ranks mixtures rightly here is told by those that were run in earnest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline import artifact
from pipeline.stream.slice_table import load_slices
from pipeline.stream.validation import ValidationSet, validation_sets
from pipeline.tune.factors import Shares
from pipeline.tune.lab import Lab
from pipeline.tune.metric import Outcome, read_outcome
from pipeline.tune.metrics import Loss, Rise
from pipeline.tune.points import Point


@dataclass(frozen=True)
class Merged:
    """What the mean of the parts' models comes to."""

    point: Point
    """The run that it foretells."""
    metrics: Mapping[str, float]
    """Metrics of held-out loss alone."""


def merged(lab: Lab, finished: Sequence[Point], factor: str) -> Iterator[Merged]:
    """Yield what merging says of every finished mixture whose parts, under the same seed, are finished too."""
    shares = lab.experiment.factors[factor]
    assert isinstance(shares, Shares), "others are refused when the experiment is read"
    alone = {label: name for name, (label, _) in zip(shares.of, shares.corners, strict=True)}
    for seed in lab.experiment.seeds:
        mine = [point for point in finished if point.seed == seed and factor in point.levels]
        parts = {alone[p.levels[factor]]: p for p in mine if p.levels[factor] in alone}
        if len(parts) < len(shares.of):
            continue
        mixing = _Parts(lab, parts)
        for point in mine:
            if point.levels[factor] not in alone:
                yield Merged(point, _metrics(lab, mixing, point, point.changes[shares.field]))


def _metrics(lab: Lab, parts: _Parts, point: Point, shares: Mapping[str, float]) -> dict[str, float]:
    """Return the metrics of held-out loss of the mean model, beginning from where the run began."""
    outcome = read_outcome(lab.run_folder(point))
    told = Outcome([outcome.validations[0], {"tokens": 0, "loss": parts.losses(shares)}], [], {})
    return {
        name: metric.measure(told) for name, metric in lab.experiment.metrics.items() if isinstance(metric, Loss | Rise)
    }


@dataclass(frozen=True)
class _Parts:
    """The models of one seed that were each trained on one part."""

    lab: Lab
    points: Mapping[str, Point]

    def losses(self, shares: Mapping[str, float]) -> dict[str, float]:
        """Return slice -> nats per token of the mean by these shares; measured once and kept."""
        kept = self.lab.root / "merged" / f"{self._identity(shares)}.json"
        if not kept.is_file():
            kept.parent.mkdir(exist_ok=True)
            artifact.write_durably(kept, json.dumps(self._measure(shares), indent=1).encode())
        found: dict[str, float] = json.loads(kept.read_text(encoding="utf-8"))
        return found

    @cached_property
    def _folders(self) -> dict[str, Path]:
        return {name: self.lab.model_folder(point) for name, point in self.points.items()}

    def _identity(self, shares: Mapping[str, float]) -> str:
        models = {name: artifact.read_manifest(folder).fingerprint for name, folder in self._folders.items()}
        return hashlib.sha256(artifact.canonical([models, dict(shares)]).encode()).hexdigest()[:16]

    def _measure(self, shares: Mapping[str, float]) -> dict[str, float]:
        import torch

        from pipeline.train.evaluation import held_out_loss

        with torch.no_grad():
            for name, parameter in self._model.named_parameters():
                mean = torch.zeros_like(parameter, dtype=torch.float32, device="cpu")
                for part, share in shares.items():
                    mean.add_(self._weights[part][name].float(), alpha=share)
                parameter.copy_(mean)
        return {name: held_out_loss(self._model, part) for name, part in self._sets.items()}

    @cached_property
    def _weights(self) -> dict[str, dict[str, Any]]:
        from transformers import AutoModelForCausalLM

        return {
            name: dict(AutoModelForCausalLM.from_pretrained(folder, dtype="auto").named_parameters())
            for name, folder in self._folders.items()
        }

    @cached_property
    def _model(self) -> Any:
        """A model of which only the shape matters, on a GPU where there is one."""
        import torch
        from transformers import AutoModelForCausalLM

        device = "cuda" if torch.cuda.is_available() else "cpu"
        folder = next(iter(self._folders.values()))
        return AutoModelForCausalLM.from_pretrained(folder, dtype="auto").to(device).eval()

    @cached_property
    def _sets(self) -> dict[str, ValidationSet]:
        """The validation sets of one of the runs; those of the others are the same."""
        point, run = next(iter(self.points.values())), self.lab.experiment.run
        root = self.lab.folder(point)
        limit, length = point.recipe.validation.tokens, point.recipe.runs[run].sequence_length
        return validation_sets(root, load_slices(root / "stream" / run), limit=limit, sequence_length=length)
