"""Scores of a classifier on labels it has not seen: confusion, F1, accuracy, area under the ROC curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Confusion = npt.NDArray[np.int64]
"""Rows are true classes, columns predicted ones; entries count documents."""


def confusion(true: Sequence[str], predicted: Sequence[str], classes: Sequence[str]) -> Confusion:
    """Return the confusion matrix over ``classes``, in their order."""
    place = {name: i for i, name in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(counts, ([place[name] for name in true], [place[name] for name in predicted]), 1)
    return counts


def f1(counts: Confusion) -> npt.NDArray[np.float64]:
    """Return the F1 of each class; 0 where nothing was right, NaN where a class has no true documents."""
    right = np.diag(counts).astype(np.float64)
    either = counts.sum(0) + counts.sum(1)
    return np.where(counts.sum(1) > 0, 2 * right / np.maximum(either, 1), np.nan)


def scores(counts: Confusion) -> dict[str, Any]:
    """Return macro-F1 (over classes with true documents), accuracy, and both of always saying the commonest class."""
    total = max(int(counts.sum()), 1)
    each = f1(counts)
    commonest = int(counts.sum(1).argmax())
    always = np.zeros_like(counts)
    always[:, commonest] = counts.sum(1)
    return {
        "documents": int(counts.sum()),
        "macro_f1": _rounded(_mean(each)),
        "accuracy": _rounded(np.trace(counts) / total),
        "majority_macro_f1": _rounded(_mean(f1(always))),
        "majority_accuracy": _rounded(counts.sum(1).max(initial=0) / total),
    }


def auc(positive: npt.NDArray[np.bool_], score: npt.NDArray[np.floating[Any]]) -> float | None:
    """Return the chance that a positive scores above a negative, ties counted half; None without one of the two."""
    wins, ties = _wins(positive, score)
    pairs = int(positive.sum()) * int((~positive).sum())
    return _rounded((wins + ties / 2) / pairs) if pairs else None


def _wins(positive: npt.NDArray[np.bool_], score: npt.NDArray[np.floating[Any]]) -> tuple[int, int]:
    """Return over all pairs of a positive and a negative how often the positive is ahead, and level."""
    negatives = np.sort(score[~positive])
    below = np.searchsorted(negatives, score[positive], "left")
    not_above = np.searchsorted(negatives, score[positive], "right")
    return int(below.sum()), int((not_above - below).sum())


def _mean(each: npt.NDArray[np.float64]) -> float:
    known = each[~np.isnan(each)]
    return float(known.mean()) if len(known) else 0.0


def _rounded(value: float) -> float:
    return round(float(value), 6)
