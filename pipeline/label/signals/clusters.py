"""Clusters: groups of like documents, found by k-means over embeddings, with no labels at all.

ClusterClip (arXiv 2402.14526) samples such groups evenly and caps how often one is repeated; here a recipe says so
with ``slices: [cluster]`` and the mixture methods ``stratified`` inside ``repetition_cap``. The centroids are learned
on a sample of the named sources; each document of every source is then given the nearest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from pipeline import seeds
from pipeline.artifact import SCRATCH
from pipeline.errors import UserError
from pipeline.label.embeddings import AnyEmbedding
from pipeline.label.embeddings.embedding import Vectors, unit
from pipeline.label.embeddings.latent import Latent
from pipeline.label.kmeans import kmeans, nearest
from pipeline.label.learned import Learned, Lesson
from pipeline.label.sample import sample
from pipeline.label.signal import Columns, Measure, Place
from pipeline.label.vector_chunks import VectorChunks, embed_all

CENTROIDS = "centroids.npy"
MEAN = "mean.npy"


class Clusters(Learned):
    """Columns ``cluster`` (a number, written as a word) and ``cluster_similarity`` (cosine to its centre)."""

    kind: Literal["clusters"] = "clusters"
    sources: tuple[str, ...] = Field(min_length=1)
    """Sources that the clusters are found in."""
    clusters: int = Field(default=64, ge=2)
    """How many; ClusterClip uses 2000 for a large corpus, and one for every 5,000 documents is a beginning."""
    embedding: AnyEmbedding = Latent()
    """What likeness is."""
    sample: int = Field(default=200_000, ge=2)
    """Documents that the clusters are found in, taken from the sources in proportion."""
    rounds: int = Field(default=100, ge=1)
    """Most rounds of k-means; it ends earlier once a round gains next to nothing."""

    @property
    def uses_all_cores(self) -> bool:
        """As the embedding does."""
        return self.embedding.uses_all_cores

    @property
    def columns(self) -> Mapping[str, np.dtype[Any]]:
        """Return the two columns."""
        return {"cluster": np.dtype(object), "cluster_similarity": np.dtype(np.float32)}

    @property
    def lesson(self) -> Mapping[str, Any]:
        """The embedding's files enter by their contents."""
        own = self.model_dump(mode="json", exclude={"embedding"})
        return {**own, "embedding": dict(self.embedding.identity)}

    def learns_from(self) -> Mapping[Place, str]:
        """Return the sources named."""
        return {("sources", i): name for i, name in enumerate(self.sources)}

    def lesson_files(self, data: Path, cache: Path | None) -> Mapping[str, str]:
        """Return the fingerprints of the embedding's model."""
        return self.embedding.files(data, cache)

    def paths(self) -> Mapping[Place, str]:
        """Return the embedding's."""
        return {("embedding", *place): path for place, path in self.embedding.paths().items()}

    def faults(self, data: Path) -> Iterator[tuple[Place, str]]:
        """Look at the embedding's model."""
        yield from ((("embedding", *place), what) for place, what in self.embedding.faults(data))

    def learn(self, lesson: Lesson) -> Mapping[str, Any]:
        """Embed a sample, subtract its mean, and cluster it."""
        with lesson.progress.task("embedding a sample", self.sample, "documents") as task:
            self.embedding.learn(lambda most: _texts(lesson, min(most, self.sample)), lesson.draft, lesson.seed)
            embed = self.embedding.load(lesson.data, lesson.draft)
            chunks = embed_all(_texts(lesson, self.sample), embed, lesson.draft / SCRATCH / "vectors", task.advance)
        if (rows := chunks.rows) < self.clusters:
            raise UserError(f"labels.clusters: {rows} documents cannot make {self.clusters} clusters")
        mean = chunks.mean()
        random = seeds.generator(lesson.seed, "clusters")
        found = kmeans(_Centred(chunks, mean), rows, self.clusters, self.rounds, random)
        np.save(lesson.draft / CENTROIDS, found.centroids)
        np.save(lesson.draft / MEAN, mean)
        return {
            "sample": rows,
            "rounds": found.rounds,
            "inertia": round(found.inertia, 3),
            "mean_cosine": round(1 - found.inertia / rows, 6),
            "sizes": {name_of(i): int(size) for i, size in enumerate(found.sizes)},
        }

    def load(self, folder: Path, data: Path) -> Measure:
        """Load embedding and centroids."""
        centroids, mean = np.load(folder / CENTROIDS), np.load(folder / MEAN)
        embed = self.embedding.load(data, folder)

        def measure(texts: Sequence[str], metadata: Sequence[Mapping[str, Any]]) -> Columns:
            # As in learning, where the vectors lie on disk in half precision.
            vectors = embed(texts).astype(np.float16).astype(np.float32)
            cluster, similarity = nearest(unit(vectors - mean), centroids)
            names = np.array([name_of(int(i)) for i in cluster], dtype=object)
            return {"cluster": names, "cluster_similarity": similarity}

        return measure


def _texts(lesson: Lesson, most: int) -> Iterator[str]:
    return (each.text for each in sample(lesson.corpora, most, lesson.seed))


def name_of(cluster: int) -> str:
    """Return a cluster as a word, so that it cuts a source into slices."""
    return f"{cluster:05d}"


@dataclass(frozen=True)
class _Centred:
    """Chunks with the mean taken off: what all texts share says nothing about what tells them apart."""

    chunks: VectorChunks
    mean: Vectors

    def __iter__(self) -> Any:
        return (unit(chunk - self.mean) for chunk in self.chunks)
