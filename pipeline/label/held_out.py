"""The held-out part of labelled documents: of every class the same share, chosen by hashes of the ids."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline import seeds


def held_out(ids: Sequence[str], classes: Sequence[str], share: float, seed: int) -> npt.NDArray[np.bool_]:
    """Return True for every document that is not learned from.

    Of a class with n >= 2 documents ``ceil(share * n)`` are held out, but never all; of a class with one, none.
    """
    chosen = np.zeros(len(ids), dtype=bool)
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(classes):
        rows.setdefault(name, []).append(row)
    for mine in rows.values():
        mine.sort(key=lambda row: (seeds.key(seed, "held out", ids[row]), ids[row]))
        chosen[mine[: min(math.ceil(share * len(mine)), len(mine) - 1)]] = True
    return chosen
