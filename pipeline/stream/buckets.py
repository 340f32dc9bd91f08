"""A cut: the label column that divides a source into slices, by its words or by buckets of its numbers.

One rule for every edge: a value that equals it belongs to the bucket above, so equal values are never parted, and a
bucket that ties leave empty is no slice. What is not a number has a bucket of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field, field_validator, model_serializer, model_validator

from curricula.settings import Settings

NOT_A_NUMBER = "none"
"""Name of the bucket of documents whose label is NaN."""
MOST_QUANTILES = 100

Edges = tuple[float, ...]
"""Bounds between buckets, ascending; n of them make n + 1 buckets."""


class Cut(Settings):
    """A column of text cuts by its values. A column of numbers is cut at edges, or into equal counts of documents."""

    column: str
    """Label column."""
    quantiles: int | None = Field(default=None, ge=2, le=MOST_QUANTILES)
    """Buckets of equal counts of training documents, worked out for each source by itself."""
    edges: Annotated[Edges, Field(min_length=1)] | None = None
    """Bounds between buckets, the same for every source; a value that equals a bound belongs above it."""

    @field_validator("edges")
    @classmethod
    def _ascend(cls, edges: Edges | None) -> Edges | None:
        if edges is not None and any(later <= earlier for earlier, later in pairwise(edges)):
            raise ValueError(f"the edges are {list(edges)}; each is larger than the one before")
        return edges

    @model_validator(mode="after")
    def _one_way(self) -> Cut:
        if self.quantiles is not None and self.edges is not None:
            raise ValueError("quantiles and edges are two ways to make buckets; write one of them")
        return self

    @model_serializer
    def _as_written(self) -> str | dict[str, Any]:
        fields = {"column": self.column, "quantiles": self.quantiles, "edges": self.edges and list(self.edges)}
        return {k: v for k, v in fields.items() if v is not None} if self.is_bucketed else self.column

    @property
    def is_bucketed(self) -> bool:
        """Whether it cuts numbers."""
        return self.quantiles is not None or self.edges is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The buckets' names in ascending order, the one for NaN last; none where the column's words are the names.

        ``q1of4`` to ``q4of4``, or ``..0.3``, ``0.3..0.7``, ``0.7..``.
        """
        if self.quantiles is not None:
            return (*(f"q{i + 1}of{self.quantiles}" for i in range(self.quantiles)), NOT_A_NUMBER)
        if self.edges is None:
            return ()
        written = ["", *(repr(edge).removesuffix(".0") for edge in self.edges), ""]
        return (*(f"{low}..{high}" for low, high in pairwise(written)), NOT_A_NUMBER)

    def bounds(self, name: str, edges: Edges) -> tuple[float | None, float | None] | None:
        """Return from where (included) to where (excluded) a bucket reaches; None is no bound, or NaN's bucket."""
        at = self.names.index(name)
        if name == NOT_A_NUMBER:
            return None
        open_ended: Sequence[float | None] = (None, *edges, None)
        return open_ended[at], open_ended[at + 1]


def _from_word(written: object) -> object:
    return {"column": written} if isinstance(written, str) else written


AnyCut = Annotated[Cut, BeforeValidator(_from_word, json_schema_input_type=str | Cut)]
"""What a recipe may write in ``slices``: ``topic``, ``{column: perplexity, quantiles: 4}``, or
``{column: quality, edges: [0.3, 0.7]}``."""


def buckets_of(values: npt.NDArray[Any], cut: Cut, edges: Edges) -> npt.NDArray[np.int64]:
    """Return for each value the place of its bucket in ``cut.names``.

    Edges are rounded to the precision of the column first: 0.7 in the recipe is 0.7 in a column of float32.
    """
    bounds = np.asarray(edges, dtype=values.dtype if values.dtype.kind == "f" else np.float64)
    found = np.searchsorted(bounds, values, side="right").astype(np.int64)
    found[np.isnan(values)] = len(cut.names) - 1
    return found


def plain(edge: float) -> float | str:
    """Return an edge as JSON can hold it: infinities as words."""
    return edge if math.isfinite(edge) else str(edge)
