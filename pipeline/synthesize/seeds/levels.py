"""Levels: how difficult a page is, by a label column, or for whom a question about it is to be made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from pipeline import seeds
from pipeline.synthesize.seeds.pages import Pages
from pipeline.synthesize.seeds.settings import ByColumn


class Levels:
    """The levels that a label column is cut into, discipline by discipline."""

    def __init__(self, difficulty: ByColumn, values: npt.NDArray[np.float32], pages: Pages) -> None:
        self._difficulty, self._values = difficulty, values
        self.edges: Mapping[str, tuple[float, ...]] = {
            name: difficulty.edges or self._even(values[pages.rows(name)]) for name in pages.disciplines
        }
        """Discipline -> the numbers between its levels."""

    def of(self, row: int, discipline: str) -> str | None:
        """Return the level of a document; None where its label is missing."""
        value = self._values[row]
        if np.isnan(value):
            return None
        return self._difficulty.levels[int(np.searchsorted(self.edges[discipline], value, "right"))]

    def _even(self, values: npt.NDArray[np.float32]) -> tuple[float, ...]:
        """Return edges that part documents into levels of the same number, as far as ties allow."""
        known, number = np.sort(values[~np.isnan(values)]), len(self._difficulty.levels)
        if not len(known):
            return (0.0,) * (number - 1)
        return tuple(float(known[len(known) * i // number]) for i in range(1, number))


def asked_level(levels: Sequence[str], seed: int, document: str) -> str:
    """Return the level that a document's question is made for, by a hash of its id."""
    return levels[seeds.key(seed, "level", document) % len(levels)]
