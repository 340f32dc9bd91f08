"""A measurement: the topic classifier on held-out real documents, against a majority baseline and nearest centroids.

Documents and their subjects are those of topic_corpora.py. Sides: the classifier as a recipe trains it; always the
commonest class; the nearest centroid of a class under each embedding. The sentence encoder is slow: it sees one split,
at most 20 documents a class for its centroids, and judges 300 or fewer; ``few`` is the classifier on exactly these.
``jieba`` is the classifier on Chinese cut into words by jieba, not characters. Macro-F1 throughout; folds are pooled.
Prints JSON and keeps it: python tests/bench/topics.py [--cache FOLDER]
"""

from __future__ import annotations

import argparse
import logging
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jieba
import numpy as np
from synthetic import keep
from topic_corpora import Documents, Split, newsgroup_topics, newsgroups, statutes, writing

from pipeline.label import classifier
from pipeline.label.classifier import FastText
from pipeline.label.embeddings.embedding import Embed, unit
from pipeline.label.embeddings.hashed import Hashed
from pipeline.label.embeddings.sentence_encoder import SentenceEncoder
from pipeline.label.scoring import confusion, scores

A_CLASS, JUDGED = 20, 300
Predict = Callable[[Documents, list[str]], list[str]]
"""Learns from documents and says the classes of texts."""


def fasttext(train: Documents, texts: list[str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        trained = FastText().train([text for text, _ in train], [name for _, name in train], place, place, seed=0)
        return [name or train[0][1] for name in trained.most_likely(texts)[0]]


def fasttext_on_words(train: Documents, texts: list[str]) -> list[str]:
    by_character = classifier.lines
    classifier.lines = lambda texts, characters: [
        re.sub(r"[\W_]+", " ", " ".join(jieba.cut(text[:characters].lower()))) for text in texts
    ]
    try:
        return fasttext(train, texts)
    finally:
        classifier.lines = by_character


def nearest_centroid(embed: Embed) -> Predict:
    def predict(train: Documents, texts: list[str]) -> list[str]:
        classes = sorted({name for _, name in train})
        vectors = embed([text for text, _ in train])
        mean = vectors.mean(0)
        names = np.array([name for _, name in train])
        centroids = unit(np.stack([unit(vectors[names == name] - mean).mean(0) for name in classes]))
        return [classes[i] for i in (unit(embed(texts) - mean) @ centroids.T).argmax(1)]

    return predict


def judged(predict: Predict, splits: list[Split]) -> dict[str, Any]:
    true, said = [], []
    for train, test in splits:
        true += [name for _, name in test]
        said += predict(train, [text for text, _ in test])
    return scores(confusion(true, said, sorted({*true, *said})))


def fewer(splits: list[Split]) -> list[Split]:
    """Return the first split, thinned out."""
    train, test = splits[0]
    return [(_first_of_each(train, A_CLASS), test[:: max(1, len(test) // JUDGED)][:JUDGED])]


def _first_of_each(documents: Documents, most: int) -> Documents:
    seen: Counter[str] = Counter()
    kept = []
    step = max(1, len(documents) // 7919) if len(documents) > 7919 else 1
    for text, name in documents[::step]:
        seen[name] += 1
        if seen[name] <= most:
            kept.append((text, name))
    return kept


def speed(splits: list[Split]) -> float:
    """Return megabytes of text (UTF-8) that a core classifies in a CPU second, texts whole as they are."""
    train, test = splits[0]
    texts = [text for text, _ in test]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        trained = FastText(epochs=1).train([t for t, _ in train], [n for _, n in train], place, place, seed=0)
        best = np.inf
        for _ in range(3):
            begin = time.process_time()
            trained.most_likely(texts)
            best = min(best, time.process_time() - begin)
    return round(sum(len(text.encode()) for text in texts) / best / 1e6, 1)


def measure(splits: list[Split], *, chinese: bool) -> dict[str, Any]:
    few = fewer(splits)
    ours = judged(fasttext, splits)
    small = judged(fasttext, few)
    result: dict[str, Any] = {
        "classes": len({name for _, test in splits for _, name in test}),
        "learned_from": len(splits[0][0]),
        "judged": ours["documents"],
        "majority": ours["majority_macro_f1"],
        "fasttext": ours["macro_f1"],
        "fasttext_accuracy": ours["accuracy"],
        "hashed_centroid": judged(nearest_centroid(Hashed().load(Path())), splits)["macro_f1"],
        "few": {
            "learned_from": len(few[0][0]),
            "judged": small["documents"],
            "majority": small["majority_macro_f1"],
            "fasttext": small["macro_f1"],
            "sentence_encoder_centroid": judged(nearest_centroid(SentenceEncoder().load(Path())), few)["macro_f1"],
        },
        "megabytes_a_cpu_second": speed(splits),
    }
    if chinese:
        result["fasttext_jieba"] = judged(fasttext_on_words, splits)["macro_f1"]
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("data/bench"), help="where packages are kept")
    cache = parser.parse_args().cache
    jieba.setLogLevel(logging.WARNING)
    made = {
        "zh_writing_by_domain": lambda: measure(writing(cache), chinese=True),
        "zh_statutes_by_department": lambda: measure(statutes(cache), chinese=True),
        "en_newsgroups": lambda: measure(newsgroups(cache), chinese=False),
        "en_newsgroups_as_our_topics": lambda: measure(newsgroup_topics(cache), chinese=False),
    }
    results = {}
    for name, make in made.items():
        results[name] = make()
        keep("topics", results)


if __name__ == "__main__":
    main()
