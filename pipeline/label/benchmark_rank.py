"""BETR's ranking (arXiv 2507.12466, section 9.6 of its method): documents near a benchmark's training examples first.

Each example ranks all documents by cosine; a document's score is the best rank that any example gives it. Equal ranks
are told apart by the cosine. Memory: one column of ranks, whatever the number of examples.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.label.embeddings.embedding import Vectors

TOGETHER = 64
"""Examples of one product."""


def best_ranks(documents: Vectors, examples: Vectors) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return each document's best rank (1 is nearest) over all examples, and its largest cosine.

    Of documents with the same cosine the earlier ranks first. Both arguments are unit vectors.
    """
    rank = np.full(len(documents), len(documents) + 1, dtype=np.int64)
    cosine = np.full(len(documents), -np.inf, dtype=np.float32)
    places = np.arange(1, len(documents) + 1)
    for begin in range(0, len(examples), TOGETHER):
        for column in (documents @ examples[begin : begin + TOGETHER].T).T:
            order = np.argsort(-column, kind="stable")
            rank[order] = np.minimum(rank[order], places)
            cosine = np.maximum(cosine, column)
    return rank, cosine


def top(documents: Vectors, examples: Vectors, share: float) -> npt.NDArray[np.bool_]:
    """Return True for the best ``share`` of the documents, at least one."""
    rank, cosine = best_ranks(documents, examples)
    order = np.lexsort((np.arange(len(rank)), -cosine, rank))
    chosen = np.zeros(len(rank), dtype=bool)
    chosen[order[: max(1, round(share * len(rank)))]] = True
    return chosen
