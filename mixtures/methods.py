"""The closed family of methods: a new one is a file of its own and one name in this union."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mixtures.natural import Natural
from mixtures.perplexity_feedback import PerplexityFeedback
from mixtures.ramp import Ramp
from mixtures.repetition_cap import RepetitionCap
from mixtures.replay_floor import ReplayFloor
from mixtures.static import Static
from mixtures.steps import Steps
from mixtures.stratified import Stratified
from mixtures.temperature import Temperature

AnyMethod = Annotated[
    Static | Natural | Temperature | Stratified | Ramp | Steps | PerplexityFeedback | ReplayFloor | RepetitionCap,
    Field(discriminator="kind"),
]
"""What a recipe may write under ``mixture``."""

for _wrapper in (PerplexityFeedback, ReplayFloor, RepetitionCap):
    _wrapper.model_rebuild(_types_namespace={"AnyMethod": AnyMethod})
