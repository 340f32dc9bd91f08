"""The closed family of signals: a new one is a file of its own and one name in this union."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.label.signals.clusters import Clusters
from pipeline.label.signals.compression_ratio import CompressionRatio
from pipeline.label.signals.fertility import Fertility
from pipeline.label.signals.language import Language
from pipeline.label.signals.length import Length
from pipeline.label.signals.mtld import Mtld
from pipeline.label.signals.perplexity import Perplexity
from pipeline.label.signals.perplexity_difference import PerplexityDifference
from pipeline.label.signals.quality import Quality
from pipeline.label.signals.readability import Readability
from pipeline.label.signals.topic import Topic

AnySignal = Annotated[
    Language
    | Length
    | CompressionRatio
    | Mtld
    | Readability
    | Fertility
    | Perplexity
    | PerplexityDifference
    | Topic
    | Quality
    | Clusters,
    Field(discriminator="kind"),
]
"""What a recipe may write under ``labels``."""
