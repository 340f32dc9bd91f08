"""Spherical k-means, out of core: vectors come block by block, and only the centroids stay in memory.

As ClusterClip does it (arXiv 2402.14526): cosine similarity, centroids back to length 1 after every round, an empty
cluster keeps its old centroid. The start is k-means++ (Arthur and Vassilvitskii 2007) on a subsample.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.label.embeddings.embedding import Vectors, unit

ENOUGH = 1e-4
"""The rounds end when one lowers the inertia by less than this share."""
START_ROWS = 32
"""Rows a cluster of the subsample in which the start is looked for."""
TOGETHER = 256
"""Rows of one product; always the same, so that a row's result does not depend on how many come with it."""


@dataclass(frozen=True)
class Clustering:
    """What k-means found."""

    centroids: Vectors
    """One row a cluster, of length 1."""
    sizes: npt.NDArray[np.int64]
    """Rows of each cluster."""
    inertia: float
    """Sum over all rows of 1 - cosine to the nearest centroid."""
    rounds: int


def kmeans(blocks: Iterable[Vectors], rows: int, clusters: int, rounds: int, random: np.random.Generator) -> Clustering:
    """Cluster unit vectors; ``blocks`` is gone through once a round. Needs ``clusters <= rows``."""
    centroids = _start(_some(blocks, rows, min(rows, max(START_ROWS * clusters, 4096)), random), clusters, random)
    sizes, inertia, last, done = np.zeros(clusters, np.int64), np.inf, np.inf, 0
    while done < rounds and (done < 2 or last - inertia > ENOUGH * last):
        last, done = inertia, done + 1
        sums, sizes, inertia = _round(blocks, centroids)
        moved = unit(sums)
        centroids = np.where((sizes > 0)[:, None] & (np.abs(sums).sum(1) > 0)[:, None], moved, centroids)
    return Clustering(centroids, sizes, inertia, done)


def nearest(vectors: Vectors, centroids: Vectors) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return for each unit vector the nearest centroid and the cosine to it; the lowest number wins a tie."""
    found, similarity = np.zeros(len(vectors), np.int64), np.zeros(len(vectors), np.float32)
    block = np.zeros((TOGETHER, centroids.shape[1]), np.float32)
    for begin in range(0, len(vectors), TOGETHER):
        part = vectors[begin : begin + TOGETHER]
        block[: len(part)], block[len(part) :] = part, 0.0
        cosines = (block @ centroids.T)[: len(part)]
        found[begin : begin + len(part)] = best = cosines.argmax(1)
        similarity[begin : begin + len(part)] = cosines[np.arange(len(part)), best]
    return found, similarity


def _round(
    blocks: Iterable[Vectors], centroids: Vectors
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], float]:
    """Return the sum of each cluster's rows, its size, and the inertia under the given centroids."""
    sums, sizes = np.zeros(centroids.shape), np.zeros(len(centroids), np.int64)
    inertia = 0.0
    for block in blocks:
        mine, cosine = nearest(block, centroids)
        order = np.argsort(mine, kind="stable")
        present, begins = np.unique(mine[order], return_index=True)
        sums[present] += np.add.reduceat(block[order].astype(np.float64), begins, axis=0)
        sizes += np.bincount(mine, minlength=len(centroids))
        inertia += float((1.0 - cosine.astype(np.float64)).sum())
    return sums, sizes, inertia


def _some(blocks: Iterable[Vectors], rows: int, most: int, random: np.random.Generator) -> Vectors:
    """Return ``most`` rows of all, evenly chosen."""
    chosen = np.sort(random.choice(rows, most, replace=False))
    return np.concatenate(list(_picked(blocks, chosen)))


def _picked(blocks: Iterable[Vectors], chosen: npt.NDArray[np.int64]) -> Iterator[Vectors]:
    begin = 0
    for block in blocks:
        first, last = np.searchsorted(chosen, [begin, begin + len(block)])
        yield block[chosen[first:last] - begin]
        begin += len(block)


def _start(vectors: Vectors, clusters: int, random: np.random.Generator) -> Vectors:
    """Return k-means++ centroids: each next one is, of a few rows drawn by distance, the one that gains most."""
    draws = 2 + int(np.log(clusters))
    chosen = [int(random.integers(len(vectors)))]
    distance = _distance(vectors, chosen)[0]
    while len(chosen) < clusters:
        distance[chosen] = 0.0
        total = distance.sum()
        fresh = np.isin(np.arange(len(vectors)), chosen, invert=True)
        drawn = random.choice(len(vectors), draws, p=distance / total if total > 0 else fresh / fresh.sum())
        left = np.minimum(distance, _distance(vectors, drawn))
        best = int(left.sum(1).argmin())
        chosen.append(int(drawn[best]))
        distance = left[best]
    return vectors[chosen].copy()


def _distance(vectors: Vectors, rows: Sequence[int] | npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return each row's distances to all: of unit vectors, half the square of the Euclidean one."""
    return np.maximum(1.0 - (vectors[rows] @ vectors.T).astype(np.float64), 0.0)
