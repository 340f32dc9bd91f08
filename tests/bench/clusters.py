"""A measurement: what clusters have to do with known subjects, by embedding: purity, normalised mutual information.

Documents and subjects are those of topic_corpora.py, both sides of a split together, since nothing is learned from the
subjects. As many clusters as subjects, and five times as many. ``chance`` is the purity of the same cluster sizes dealt
out at random. Prints JSON and keeps it: python tests/bench/clusters.py [--cache FOLDER]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from synthetic import keep
from topic_corpora import Documents, newsgroups, statutes, writing

from pipeline import seeds
from pipeline.label.embeddings.embedding import Embedding, unit
from pipeline.label.embeddings.hashed import Hashed
from pipeline.label.embeddings.latent import Latent
from pipeline.label.kmeans import kmeans, nearest

EMBEDDINGS: dict[str, Embedding] = {"latent": Latent(), "hashed": Hashed()}


def table_of(true: npt.NDArray[Any], found: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the share of documents of each subject in each cluster."""
    (_, rows), (_, columns) = (np.unique(names, return_inverse=True) for names in (true, found))
    counts = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(counts, (rows, columns), 1)
    return counts / counts.sum()


def entropy(shares: npt.NDArray[np.float64]) -> float:
    known = shares[shares > 0]
    return float(-(known * np.log(known)).sum())


def judged(true: npt.NDArray[Any], found: npt.NDArray[Any]) -> dict[str, float]:
    both = table_of(true, found)
    apart = entropy(both.sum(1)), entropy(both.sum(0))
    chance = table_of(true, seeds.generator(0, "chance").permutation(found))
    return {
        "purity": round(float(both.max(0).sum()), 3),
        "chance": round(float(chance.max(0).sum()), 3),
        "nmi": round((sum(apart) - entropy(both.ravel())) / (sum(apart) / 2), 3),
    }


def measure(documents: Documents) -> dict[str, Any]:
    texts, true = [text for text, _ in documents], np.array([name for _, name in documents])
    subjects = len(set(true.tolist()))
    result: dict[str, Any] = {"documents": len(texts), "subjects": subjects}
    for name, embedding in EMBEDDINGS.items():
        with tempfile.TemporaryDirectory() as folder:
            begin = time.process_time()
            embedding.learn(lambda most: texts[:most], Path(folder), 0)
            learned = time.process_time()
            vectors = embedding.load(Path(), Path(folder))(texts)
            seen = sum(len(text[: embedding.characters].encode()) for text in texts)
            speed = seen / 1e6 / (time.process_time() - learned)
        vectors = unit(vectors - vectors.mean(0))
        sides: dict[str, Any] = {}
        for clusters in (subjects, 5 * subjects):
            made = kmeans([vectors], len(vectors), clusters, 100, seeds.generator(0, "clusters"))
            sides[f"{clusters} clusters"] = judged(true, nearest(vectors, made.centroids)[0])
        result[name] = {
            **sides,
            "learning_cpu_seconds": round(learned - begin, 1),
            "embedded_megabytes_a_cpu_second": round(speed, 1),
        }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("data/bench"), help="where packages are kept")
    cache = parser.parse_args().cache
    results = {}
    made = {"zh_writing": writing, "zh_statutes": statutes, "en_newsgroups": newsgroups}
    for name, make in made.items():
        train, test = make(cache)[0]
        results[name] = measure([*train, *test])
        keep("clusters", results)


if __name__ == "__main__":
    main()
