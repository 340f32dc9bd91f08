"""Inquiries: what an experiment asks of laws under ``laws``. A closed family: a file each and a name in this union."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.tune.inquiries.critical_mixture_ratio import CriticalMixtureRatio
from pipeline.tune.inquiries.d_cpt import DCPT
from pipeline.tune.inquiries.learning_dynamics import LearningDynamics
from pipeline.tune.inquiries.mixing import Mixing
from pipeline.tune.inquiries.model_ladder import ModelLadder
from pipeline.tune.inquiries.regmix import RegMix

AnyInquiry = Annotated[
    CriticalMixtureRatio | DCPT | LearningDynamics | Mixing | ModelLadder | RegMix, Field(discriminator="kind")
]
"""What an experiment may write under ``laws``."""
