"""What a recipe says about cleaning."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from curricula.settings import Settings, Share
from pipeline.clean.filters import AnyFilter, default_filters


class Clean(Settings):
    """Rules that hold for every source; thresholds come from the source's profile unless a filter names its own."""

    language_model: str | None = None
    """Path of a fastText language-identification model (lid.176 or GlotLID); None leaves languages unidentified."""
    filters: tuple[AnyFilter, ...] = Field(default_factory=default_filters)
    """Applied in this order; the first that rejects names the reason."""
    deduplicate: Literal["exact", "none"] = "exact"
    """Exact: of documents with the same text up to white space, the first one (by file and line) stays."""
    largest_bad_share: Share = 0.05
    """Cleaning stops when more than this share of a source's records cannot be read."""
