"""Pages: which discipline every document of a corpus was found for, and how.

Three bytes a document, whatever its length; a page belongs to one discipline, the first that it was found for.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

WAYS = ("label", "host", "recall", "query")
"""How a page was found."""
NONE = -1
Rows = npt.NDArray[np.int64]


class Pages:
    """The documents of a corpus by their place in it, each with its discipline or none."""

    def __init__(self, disciplines: Sequence[str], documents: int) -> None:
        self.disciplines = tuple(disciplines)
        self._of = np.full(documents, NONE, dtype=np.int16)
        self._how = np.zeros(documents, dtype=np.int8)

    def __len__(self) -> int:
        return len(self._of)

    def find(self, row: int, discipline: str, how: str) -> None:
        """Note that a document was found for a discipline; one that was found before stays what it is."""
        if self._of[row] == NONE:
            self._of[row] = self.disciplines.index(discipline)
            self._how[row] = WAYS.index(how)

    def leave_out(self, row: int) -> None:
        """Make a document one that was not found."""
        self._of[row] = NONE

    def discipline(self, row: int) -> str | None:
        """Return the discipline that a document was found for."""
        place = int(self._of[row])
        return None if place == NONE else self.disciplines[place]

    def how(self, row: int) -> str:
        """Return how a document that has a discipline was found."""
        return WAYS[int(self._how[row])]

    def is_found(self, row: int) -> bool:
        """Tell whether a document has a discipline."""
        return bool(self._of[row] != NONE)

    def rows(self, discipline: str) -> Rows:
        """Return the documents of a discipline, in corpus order."""
        return np.flatnonzero(self._of == self.disciplines.index(discipline))

    def unfound(self) -> Rows:
        """Return the documents without a discipline, in corpus order."""
        return np.flatnonzero(self._of == NONE)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return discipline -> way -> documents."""
        return {
            name: {way: int(np.sum(self._how[self.rows(name)] == i)) for i, way in enumerate(WAYS)}
            for name in self.disciplines
        }
