"""The closed family of filters: a new one is a file of its own, one name in this union, one place in the order."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.clean.filters.boilerplate import Boilerplate
from pipeline.clean.filters.garbled import Garbled
from pipeline.clean.filters.language import Language
from pipeline.clean.filters.length import Length
from pipeline.clean.filters.lines import Lines
from pipeline.clean.filters.markup import Markup
from pipeline.clean.filters.phrases import Phrases
from pipeline.clean.filters.repetition import Repetition
from pipeline.clean.filters.spam import Spam
from pipeline.clean.filters.symbols import Symbols
from pipeline.clean.filters.url import Url
from pipeline.clean.filters.words import Words

AnyFilter = Annotated[
    Garbled | Url | Language | Length | Words | Lines | Symbols | Markup | Repetition | Boilerplate | Spam | Phrases,
    Field(discriminator="kind"),
]
"""What a recipe may write under ``clean.filters``."""


def default_filters() -> tuple[AnyFilter, ...]:
    """Return the filters with their profile's thresholds: damage first, then language, then the dearer rules.

    `Url` and `Phrases` judge by lists of the user's and are for a recipe to name.
    """
    return (
        Garbled(),
        Language(),
        Length(),
        Words(),
        Lines(),
        Symbols(),
        Markup(),
        Repetition(),
        Boilerplate(),
        Spam(),
    )
