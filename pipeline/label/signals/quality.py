"""Quality: how likely a document belongs to a set of good ones, by a fastText classifier that is trained here.

The good set is named by the user, or made of the documents nearest to benchmarks' training examples (BETR, arXiv
2507.12466). A part of both sets is held out; accuracy and the area under the ROC curve on it are in the manifest of
``learned/quality``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from curricula.settings import Share
from pipeline.artifact import SCRATCH
from pipeline.errors import UserError
from pipeline.label.classifier import Classifier, FastText
from pipeline.label.held_out import held_out
from pipeline.label.learned import Learned, Lesson
from pipeline.label.quality_examples import AnyExamples
from pipeline.label.scoring import auc, confusion, scores
from pipeline.label.signal import Columns, Measure, Place

GOOD, POOR = "good", "poor"
FEWEST = 10
"""Documents that each set must have; fewer would leave nothing to judge by."""


class Quality(Learned):
    """Column ``quality``: 0 to 1, the classifier's probability that the document is one of the good set."""

    kind: Literal["quality"] = "quality"
    examples: AnyExamples
    """Good and poor documents."""
    classifier: FastText = FastText()
    """How the classifier is trained."""
    held_out: Share = Field(default=0.1, gt=0, lt=1)
    """Share of both sets that the classifier is judged by."""

    @property
    def columns(self) -> Mapping[str, np.dtype[Any]]:
        """Return the column."""
        return {"quality": np.dtype(np.float32)}

    @property
    def lesson(self) -> Mapping[str, Any]:
        """Files enter by their contents."""
        return {**self.model_dump(mode="json", exclude={"examples"}), "examples": dict(self.examples.identity)}

    def learns_from(self) -> Mapping[Place, str]:
        """Return the sources of the examples."""
        return {("examples", *place): name for place, name in self.examples.learns_from().items()}

    def lesson_files(self, data: Path, cache: Path | None) -> Mapping[str, str]:
        """Return the fingerprints of the examples' files."""
        return self.examples.files(data, cache)

    def paths(self) -> Mapping[Place, str]:
        """Return the files of the examples."""
        return {("examples", *place): path for place, path in self.examples.paths().items()}

    def faults(self, data: Path) -> Iterator[tuple[Place, str]]:
        """Look into the files of the examples."""
        yield from ((("examples", *place), what) for place, what in self.examples.faults(data))

    def learn(self, lesson: Lesson) -> Mapping[str, Any]:
        """Gather both sets, train, and judge the classifier by the documents held out."""
        good, poor = self.examples.gather(lesson)
        if min(len(good), len(poor)) < FEWEST:
            raise UserError(
                f"labels.quality: {len(good)} good and {len(poor)} poor documents; each needs {FEWEST} or more"
            )
        documents, classes = [*good, *poor], [GOOD] * len(good) + [POOR] * len(poor)
        ids, contents = [each.id for each in documents], [each.text for each in documents]
        out = held_out(ids, contents, classes, self.held_out, lesson.seed)
        rest = np.flatnonzero(~out)
        texts, names = [documents[i].text for i in rest], [classes[i] for i in rest]
        classifier = self.classifier.train(texts, names, lesson.draft, lesson.draft / SCRATCH, lesson.seed)
        judged = np.flatnonzero(out)
        score = classifier.probability([documents[i].text for i in judged], GOOD)
        true = [classes[i] for i in judged]
        said = [GOOD if value >= 0.5 else POOR for value in score]
        counts = confusion(true, said, [GOOD, POOR])
        area = auc(np.array([name == GOOD for name in true]), score)
        return {"good": len(good), "poor": len(poor), "held_out": {**scores(counts), "auc": area}}

    def load(self, folder: Path, data: Path) -> Measure:
        """Load the classifier."""
        classifier = Classifier(self.classifier, folder)

        def measure(texts: Sequence[str], metadata: Sequence[Mapping[str, Any]]) -> Columns:
            return {"quality": classifier.probability(texts, GOOD)}

        return measure
