"""A text classifier: fastText trained on one thread with a fixed seed, which gives the same bytes every time.

fastText learns from one line after the other and never shuffles them, so they are shuffled here: in corpus order, class
after class, it would only remember the last one. Documents are cut into passages first, since many short lines teach
it more than few long ones. Its own ``predict`` breaks on NumPy 2, so the extension below it is called, a batch at a
time.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from curricula.settings import Settings
from pipeline import seeds
from pipeline.errors import UserError
from pipeline.label import fasttext_training
from pipeline.label.fasttext_line import lines

MODEL = "model.bin"
_PREFIX = "__label__"


class FastText(Settings):
    """How a fastText classifier is trained, and how much of a document it sees."""

    characters: int = Field(default=4000, ge=1)
    """Characters of a document that are looked at, from its beginning."""
    passage: int = Field(default=100, ge=1)
    """Words of the passages that documents are cut into for training."""
    dimension: int = Field(default=32, ge=1)
    """Size of the vectors."""
    epochs: int = Field(default=20, ge=1)
    """Passes over the labelled documents."""
    learning_rate: float = Field(default=0.5, gt=0)
    """Starts here and falls to zero."""
    word_ngrams: int = Field(default=2, ge=2)
    """Longest run of words (of Chinese: characters) that is a feature; 1 would leave fastText without slots."""
    least_count: int = Field(default=2, ge=1)
    """Words seen less often are left out."""
    buckets: int = Field(default=1 << 18, ge=1)
    """Slots for runs of words, at least; the model takes ``4 * dimension`` bytes for each, at least 34 MiB."""

    def train(self, texts: Sequence[str], classes: Sequence[str], folder: Path, scratch: Path, seed: int) -> Classifier:
        """Train on texts and their classes, write ``model.bin`` into the folder and return the classifier.

        Raises UserError where there are fewer than two classes, or no word occurs often enough.
        """
        if len(set(classes)) < 2:
            raise UserError(f"a classifier needs two classes or more to learn; found {sorted(set(classes))}")
        examples = scratch / "examples.txt"
        ready = lines(texts, self.characters)
        passages = [
            f"{_PREFIX}{name} {part}\n" for words, name in zip(ready, classes, strict=True) for part in self._cut(words)
        ]
        turns = seeds.generator(seed, "fasttext", "turns").permutation(len(passages))
        with examples.open("w", encoding="utf-8") as file:
            file.writelines(passages[turn] for turn in turns)
        asked = {
            "dim": self.dimension,
            "epoch": self.epochs,
            "lr": self.learning_rate,
            "wordNgrams": self.word_ngrams,
            "minCount": self.least_count,
            "bucket": max(self.buckets, fasttext_training.ZEROED // (4 * self.dimension)),
            "seed": seeds.key(seed, "fasttext") % (1 << 31),
        }
        fasttext_training.train(examples, folder / MODEL, asked)
        return Classifier(self, folder)

    def _cut(self, ready: str) -> list[str]:
        words = ready.split()
        return [" ".join(words[i : i + self.passage]) for i in range(0, len(words), self.passage)]


class Classifier:
    """A trained classifier."""

    def __init__(self, settings: FastText, folder: Path) -> None:
        from fasttext.FastText import _FastText

        self._settings = settings
        self._model: Any = _FastText(str(folder / MODEL)).f
        labels: list[str] = self._model.getLabels("strict")[0]
        self.classes = tuple(sorted(label.removeprefix(_PREFIX) for label in labels))
        """The classes it knows, sorted."""

    def most_likely(self, texts: Sequence[str]) -> tuple[list[str | None], npt.NDArray[np.float32]]:
        """Return each text's class and its probability; None and 0 for a text without a word it knows."""
        names, chances = self._predict(texts, 1)
        first = [found[0].removeprefix(_PREFIX) if found else None for found in names]
        top = [min(1.0, float(found[0])) if len(found) else 0.0 for found in chances]
        return first, np.array(top, dtype=np.float32)

    def probabilities(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return (text, class): each probability in [0, 1], classes as in ``classes``; 0 without a word it knows."""
        result = np.zeros((len(texts), len(self.classes)), dtype=np.float32)
        places = {_PREFIX + name: i for i, name in enumerate(self.classes)}
        for row, (names, chances) in enumerate(zip(*self._predict(texts, len(self.classes)), strict=True)):
            for name, chance in zip(names, chances, strict=True):
                result[row, places[name]] = min(1.0, float(chance))
        return result

    def probability(self, texts: Sequence[str], name: str) -> npt.NDArray[np.float32]:
        """Return each text's probability of one class, in [0, 1]; 0 for a text without a word it knows."""
        one: npt.NDArray[np.float32] = self.probabilities(texts)[:, self.classes.index(name)]
        return one

    def _predict(self, texts: Sequence[str], most: int) -> tuple[list[list[str]], list[npt.NDArray[np.float32]]]:
        ready = lines(texts, self._settings.characters)
        found: tuple[list[list[str]], list[npt.NDArray[np.float32]]]
        # An empty line is no line to fastText's batches; and its end-of-line token says nothing about a text.
        found = self._model.multilinePredict(ready, most, 0.0, "strict") if ready else ([], [])
        return found
