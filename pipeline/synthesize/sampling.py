"""Sampling: how a model chooses its words."""

from __future__ import annotations

from pydantic import Field

from curricula.settings import Settings, Share


class Sampling(Settings):
    """How the model chooses its words; JiuZhang3.0 takes 1.0 and 0.95."""

    temperature: float = Field(default=0.7, ge=0, le=2)
    """0: always the likeliest word."""
    top_p: Share = 0.95
    """Words are drawn from the likeliest that have this probability together."""
    seed: int | None = None
    """Answers are kept by seed. Servers that know seeds are sent it."""
