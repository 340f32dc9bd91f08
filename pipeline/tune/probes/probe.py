"""A probe: a metric that needs the final model. What it finds is kept as an artifact beside the point's run."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.artifact import canonical
from pipeline.tune.metric import Metric, Outcome

if TYPE_CHECKING:
    import torch

SEQUENCES = 16
"""Sequences in one forward pass."""


@dataclass(frozen=True)
class Examined:
    """An exported model, and where the texts lie that it is asked about."""

    model_folder: Path
    root: Path
    run: str
    sequence_length: int
    """Longest sequence that it was trained on."""
    scratch: Path
    """Folder for what a probe writes on the way; it is thrown away."""

    @cached_property
    def model(self) -> Any:
        """The model, on a GPU where there is one."""
        import torch
        from transformers import AutoModelForCausalLM
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()
        device = "cuda" if torch.cuda.is_available() else "cpu"
        return AutoModelForCausalLM.from_pretrained(self.model_folder, dtype="auto").to(device).eval()

    @cached_property
    def tokenizer(self) -> Any:
        """Its tokenizer, a fast one."""
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self.model_folder)

    def nats(self, rows: torch.Tensor) -> torch.Tensor:
        """Return minus the log-probability of every token but the first, [sequences, length - 1], for [.., length]."""
        import torch
        from torch.nn import functional

        found = []
        with torch.no_grad():
            for some in rows.to(self.model.device).split(SEQUENCES):
                logits = self.model(some[:, :-1]).logits.float()
                found.append(functional.cross_entropy(logits.transpose(1, 2), some[:, 1:], reduction="none").cpu())
        return torch.cat(found)


class Probe(Metric):
    """The base of all probes."""

    @property
    def identity(self) -> str:
        """What decides the number, besides the model."""
        return canonical(self.model_dump(mode="json"))

    def measure(self, outcome: Outcome) -> float:
        """Return what was found."""
        return outcome.measures[self.identity]

    @abstractmethod
    def examine(self, examined: Examined) -> float:
        """Ask the model and return the number; raise UserError where there is nothing to ask it about."""
