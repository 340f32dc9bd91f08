"""The moving average of the weights: an fp32 copy beside the model, a little nearer to it after every step.

average <- decay * average + (1 - decay) * weights. It costs 4 bytes a parameter on every copy of the model, and one
pass over the weights a step. In bf16 it averages the rounded weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from pipeline.train.model import unwrap


class MovingAverage:
    """Averages one model's weights; it begins at what they are now."""

    def __init__(self, model: Any) -> None:
        self._parameters = list(unwrap(model).parameters())
        self.weights = [parameter.detach().float().clone() for parameter in self._parameters]

    def update(self, decay: float) -> None:
        """Move towards the model's weights."""
        now = [parameter.detach().float() for parameter in self._parameters]
        torch._foreach_lerp_(self.weights, now, 1.0 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the model have these weights while the context lasts: to write them down, or to fill them."""
        own = [parameter.data for parameter in self._parameters]
        for parameter, weight in zip(self._parameters, self.weights, strict=True):
            parameter.data = weight
        try:
            yield
        finally:
            for parameter, weight in zip(self._parameters, own, strict=True):
                parameter.data = weight
