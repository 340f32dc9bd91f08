"""Induction: whether the model goes on with a pattern that only its context shows, in no language at all.

Continual pre-training in a new language can spare perplexity and yet cost the ability to learn in context
(arXiv 2506.00288, which probes it with patterns of arbitrary symbols). Here the symbols are tokens drawn at random:
nothing but the first copy of a row tells what the second one is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from pipeline import seeds
from pipeline.errors import UserError
from pipeline.tune.probes.probe import Examined, Probe


class Induction(Probe):
    """Nats per token on the second copy of random rows; the logarithm of the vocabulary's size is pure chance."""

    kind: Literal["induction"] = "induction"
    length: int = Field(default=32, ge=2)
    """Tokens in a row, which is read twice."""
    rows: int = Field(default=128, ge=1)
    """How many rows."""

    def refusals(self, sequence_length: int) -> Iterator[tuple[str, str]]:
        """A row and its copy fill a sequence at most."""
        if 2 * self.length > sequence_length:
            most = sequence_length // 2
            yield "length", f"found {self.length}, allowed is at most half of the run's sequence_length, {most}"

    def examine(self, examined: Examined) -> float:
        """Return the mean over all rows, without the second copy's first token, which nothing announces."""
        import torch

        for field, what in self.refusals(examined.sequence_length):
            raise UserError(f"metrics: induction: {field}: {what}")
        special = set(examined.tokenizer.all_special_ids)
        size = examined.model.config.vocab_size
        symbols = torch.tensor([i for i in range(min(size, len(examined.tokenizer))) if i not in special])
        drawn = seeds.generator(0, "induction", self.length, self.rows).integers(
            0, len(symbols), (self.rows, self.length)
        )
        row = symbols[torch.from_numpy(drawn)]
        return float(examined.nats(torch.cat([row, row], dim=1))[:, self.length :].double().mean())
