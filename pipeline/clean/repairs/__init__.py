"""The closed family of repairs: a new one is a file of its own, one name in this union, one place in the order."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.clean.repairs.masking import Masking
from pipeline.clean.repairs.repeated_lines import RepeatedLines
from pipeline.clean.repairs.simplified import Simplified
from pipeline.clean.repairs.site_lines import SiteLines
from pipeline.clean.repairs.unicode import Unicode
from pipeline.clean.repairs.white_space import WhiteSpace
from pipeline.clean.repairs.width import Width

AnyRepair = Annotated[
    Unicode | Width | Simplified | WhiteSpace | SiteLines | RepeatedLines | Masking, Field(discriminator="kind")
]
"""What a recipe may write under ``clean.repairs``."""


def default_repairs() -> tuple[AnyRepair, ...]:
    """Return the repairs with their profile's settings: characters first, then lines, and personal data last.

    Simplifying Chinese is left out: it loses what the author wrote, and is a recipe's own decision.
    """
    return (Unicode(), Width(), WhiteSpace(), SiteLines(), RepeatedLines(), Masking())
