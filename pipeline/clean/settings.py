"""What a recipe says about cleaning."""

from __future__ import annotations

from pydantic import Field

from curricula.settings import Settings, Share
from pipeline.clean.decontamination import Decontaminate
from pipeline.clean.deduplication import AnyDeduplication, Exact
from pipeline.clean.filters import AnyFilter, default_filters
from pipeline.clean.repairs import AnyRepair, default_repairs


class Clean(Settings):
    """Rules that hold for every source; thresholds come from the source's profile unless a filter names its own."""

    language_model: str | None = None
    """Path of a fastText language-identification model (lid.176 or GlotLID); None leaves languages unidentified."""
    repairs: tuple[AnyRepair, ...] = Field(default_factory=default_repairs)
    """Applied in this order, before the language is identified and before any filter; settings as for filters."""
    filters: tuple[AnyFilter, ...] = Field(default_factory=default_filters)
    """Applied in this order; the first that rejects names the reason."""
    decontaminate: Decontaminate | None = None
    """Documents with text of benchmarks go, before copies are looked for; None: no benchmark is named."""
    deduplicate: AnyDeduplication = Exact()
    """Which copies of a document inside a source go: none, those with the same text, or by MinHash those like it."""
    largest_bad_share: Share = 0.05
    """Cleaning stops when more than this share of a source's records cannot be read."""
