"""The closed family of filters: a new one is a file of its own, one name in this union, one place in the order."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.clean.filters.boilerplate import Boilerplate
from pipeline.clean.filters.garbled import Garbled
from pipeline.clean.filters.language import Language
from pipeline.clean.filters.length import Length
from pipeline.clean.filters.lines import Lines
from pipeline.clean.filters.repetition import Repetition
from pipeline.clean.filters.symbols import Symbols

AnyFilter = Annotated[
    Garbled | Language | Length | Lines | Symbols | Repetition | Boilerplate, Field(discriminator="kind")
]
"""What a recipe may write under ``clean.filters``."""


def default_filters() -> tuple[AnyFilter, ...]:
    """Return every filter with its profile's thresholds: damage first, then language, then the dearer rules."""
    return (Garbled(), Language(), Length(), Lines(), Symbols(), Repetition(), Boilerplate())
