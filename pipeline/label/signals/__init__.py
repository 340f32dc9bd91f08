"""The closed family of signals: a new one is a file of its own and one name in this union."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.label.signals.compression_ratio import CompressionRatio
from pipeline.label.signals.language import Language
from pipeline.label.signals.length import Length
from pipeline.label.signals.perplexity import Perplexity
from pipeline.label.signals.perplexity_difference import PerplexityDifference

AnySignal = Annotated[
    Language | Length | CompressionRatio | Perplexity | PerplexityDifference, Field(discriminator="kind")
]
"""What a recipe may write under ``labels``."""
