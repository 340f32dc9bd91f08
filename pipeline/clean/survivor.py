"""The survivor: which document of a cluster stays, by criteria in order and at last by file and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from pipeline.clean.deduplication import Criterion

Rows = npt.NDArray[np.int64]


def ranked(rows: Rows, prefer: Sequence[Criterion], values: Mapping[Criterion, npt.NDArray[np.generic]]) -> Rows:
    """Return rows, given in corpus order, from the best to the worst; ``values`` hold one entry for every document.

    A criterion without values is one in which candidates never differ, and is passed over.
    """
    keys = [-values[criterion][rows].astype(np.float64) for criterion in reversed(prefer) if criterion in values]
    return rows[np.lexsort([rows, *keys])]
