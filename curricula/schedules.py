"""The closed family of schedules: a new one is a file of its own and one name in this union."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from curricula.cosine import Cosine
from curricula.cycles import Cycles
from curricula.decay_now import DecayNow
from curricula.infinite import Infinite
from curricula.warmup_constant import WarmupConstant
from curricula.warmup_stable_decay import WarmupStableDecay

AnySchedule = Annotated[
    WarmupConstant | WarmupStableDecay | Cosine | Infinite | Cycles | DecayNow, Field(discriminator="kind")
]
"""What a recipe may write where a number changes with progress."""
