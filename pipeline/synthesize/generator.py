"""The model that writes: an endpoint with sampling settings of its own, which decide bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from curricula.settings import Settings, Share
from pipeline.label.endpoint import Endpoint, Messages


class Sampling(Settings):
    """How the model chooses its words; JiuZhang3.0 takes 1.0 and 0.95."""

    temperature: float = Field(default=0.7, ge=0, le=2)
    """0: always the likeliest word."""
    top_p: Share = 0.95
    """Words are drawn from the likeliest that have this probability together."""
    seed: int | None = None
    """Sent to servers that know seeds; with other answers kept under other seeds."""


class Generator(Endpoint):
    """Where questions and solutions are written."""

    sampling: Sampling = Sampling()
    """Sampling settings."""
    answer_tokens: int = Field(default=1024, ge=1)
    """Longest answer, in tokens; models that think aloud need more."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What decides the answers: the model and its sampling, not where it runs."""
        return {**super().identity, "sampling": self.sampling.model_dump(mode="json")}

    def request(self, messages: Messages) -> dict[str, Any]:
        """Return the request's body."""
        return {**super().request(messages), **self.sampling.model_dump(mode="json", exclude_none=True)}
