"""Topic: what a document is about, by a fastText classifier that is trained here (Llama-3-SynE, arXiv 2407.18743).

Labelled documents come from a language model that is shown a sample, or from labels one has. A part of them is held
out; macro-F1 and the confusion matrix on it are in the manifest of ``learned/topic``. The paper trains a TinyBERT for
each language; fastText on words and pairs of words is a hundred times faster, and one classifier serves all languages,
because they share no words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from curricula.settings import Share
from pipeline.artifact import SCRATCH
from pipeline.clean import inputs
from pipeline.errors import UserError
from pipeline.label.classifier import Classifier, FastText
from pipeline.label.held_out import held_out
from pipeline.label.learned import Learned, Lesson
from pipeline.label.scoring import confusion, f1, scores
from pipeline.label.signal import Columns, Measure, Place
from pipeline.label.taxonomy import FIELD, Taxonomy, is_file_name, load_taxonomy, taxonomy_path
from pipeline.label.topic_labels import AnyLabels, Labelled, per_topic
from pipeline.label.topic_prompt import language_of

TAXONOMY = "taxonomy.json"
EXAMPLES = "examples.parquet"
"""Every labelled document: id, topic, whether it was held out, and what the classifier says of it."""
NO_TOPIC = "none"
"""Topic of documents without one, where the taxonomy has no topic for the rest."""


class Topic(Learned):
    """Columns ``topic`` (a slug of the taxonomy) and ``topic_confidence`` (0 to 1)."""

    applied: ClassVar[tuple[str, ...]] = ("least_confidence",)

    kind: Literal["topic"] = "topic"
    taxonomy: str = "llama3-syne"
    """The topics: ``llama3-syne``, or a YAML file of one's own."""
    labels: AnyLabels
    """Where labelled documents come from."""
    classifier: FastText = FastText()
    """How the classifier is trained."""
    held_out: Share = Field(default=0.1, gt=0, lt=1)
    """Share of each topic's labelled documents that the classifier is judged by."""
    least_confidence: Share = 0.3
    """Documents of a lower confidence are given the taxonomy's topic for the rest."""

    @property
    def columns(self) -> Mapping[str, np.dtype[Any]]:
        """Return the two columns."""
        return {"topic": np.dtype(object), "topic_confidence": np.dtype(np.float32)}

    @property
    def lesson(self) -> Mapping[str, Any]:
        """Leave out what enters by its contents: the taxonomy's path, files of labels, the model's address."""
        own = self.model_dump(mode="json", exclude={*self.applied, "taxonomy", "labels"})
        return {**own, "labels": dict(self.labels.identity)}

    def learns_from(self) -> Mapping[Place, str]:
        """Return the sources whose documents are labelled."""
        return {("labels", *place): name for place, name in self.labels.learns_from().items()}

    def lesson_files(self, data: Path, cache: Path | None) -> Mapping[str, str]:
        """Return the fingerprints of the taxonomy and of what the labels come from."""
        taxonomy = taxonomy_path(self.taxonomy, data)
        return {"taxonomy": inputs.content_hash(taxonomy, cache), **self.labels.files(data, cache)}

    def paths(self) -> Mapping[Place, str]:
        """Return the taxonomy, where it is a file of the user's, and the files of labels."""
        own: dict[Place, str] = {("taxonomy",): self.taxonomy} if is_file_name(self.taxonomy) else {}
        return {**own, **{("labels", *place): path for place, path in self.labels.named_files().items()}}

    def faults(self, data: Path) -> Iterator[tuple[Place, str]]:
        """Read the taxonomy, and look whether the labels' topics are in it."""
        if is_file_name(self.taxonomy) and not (data / self.taxonomy).is_file():
            return
        try:
            taxonomy = load_taxonomy(taxonomy_path(self.taxonomy, data))
        except UserError as error:
            yield from ((("taxonomy",), line.removeprefix(f"{FIELD}: ")) for line in str(error).splitlines())
        else:
            yield from ((("labels", *place), what) for place, what in self.labels.faults(taxonomy, data))

    def learn(self, lesson: Lesson) -> Mapping[str, Any]:
        """Gather labels, train, and judge the classifier by the documents held out."""
        taxonomy = load_taxonomy(taxonomy_path(self.taxonomy, lesson.data))
        labelled, counts = self.labels.gather(taxonomy, lesson)
        documents, known = [each.document for each in labelled], [each.topic for each in labelled]
        out = held_out([e.id for e in documents], [e.text for e in documents], known, self.held_out, lesson.seed)
        rest = [each for each, is_out in zip(labelled, out, strict=True) if not is_out]
        if len({each.topic for each in rest}) < 2:
            raise UserError(f"labels.topic: two topics or more are needed to learn; found {per_topic(labelled)}")
        texts, topics = [each.document.text for each in rest], [each.topic for each in rest]
        classifier = self.classifier.train(texts, topics, lesson.draft, lesson.draft / SCRATCH, lesson.seed)
        (lesson.draft / TAXONOMY).write_text(taxonomy.model_dump_json(indent=1) + "\n", encoding="utf-8")
        said, confidence = classifier.most_likely([each.document.text for each in labelled])
        predicted = [topic or taxonomy.otherwise or NO_TOPIC for topic in said]
        _write_examples(lesson.draft / EXAMPLES, labelled, out.tolist(), predicted, confidence.tolist())
        judged = [(e, p) for e, p, is_out in zip(labelled, predicted, out, strict=True) if is_out]
        return {"labelled": len(labelled), "per_topic": per_topic(labelled), **counts, **_judged(judged, taxonomy)}

    def load(self, folder: Path, data: Path) -> Measure:
        """Load the classifier and its taxonomy."""
        classifier = Classifier(self.classifier, folder)
        taxonomy = Taxonomy.model_validate_json((folder / TAXONOMY).read_bytes())
        rest = taxonomy.otherwise or NO_TOPIC

        def measure(texts: Sequence[str], metadata: Sequence[Mapping[str, Any]]) -> Columns:
            said, confidence = classifier.most_likely(texts)
            sure = confidence >= self.least_confidence
            topics = [topic if topic and is_sure else rest for topic, is_sure in zip(said, sure, strict=True)]
            return {"topic": np.array(topics, dtype=object), "topic_confidence": confidence}

        return measure


def _judged(judged: Sequence[tuple[Labelled, str]], taxonomy: Taxonomy) -> Mapping[str, Any]:
    """Return the scores on held-out documents, of all languages together and of each."""
    classes = sorted({each.topic for each, _ in judged} | {predicted for _, predicted in judged})
    counts = confusion([each.topic for each, _ in judged], [predicted for _, predicted in judged], classes)
    languages = [language_of(each.document.text, each.document.language) for each, _ in judged]
    by_language = {}
    for language in sorted(set(languages)):
        mine = [pair for pair, spoken in zip(judged, languages, strict=True) if spoken == language]
        by_language[language] = scores(confusion([e.topic for e, _ in mine], [p for _, p in mine], classes))
    return {
        "held_out": scores(counts),
        "held_out_by_language": by_language,
        "f1": {name: round(float(value), 6) for name, value in zip(classes, f1(counts), strict=True) if value == value},
        "confusion": {"classes": classes, "rows_are_true": counts.tolist()},
    }


def _write_examples(
    path: Path, labelled: Sequence[Labelled], out: list[bool], predicted: list[str], confidence: list[float]
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {
            "id": [each.document.id for each in labelled],
            "topic": [each.topic for each in labelled],
            "held_out": out,
            "predicted": predicted,
            "confidence": pa.array(confidence, pa.float32()),
        }
    )
    pq.write_table(table, path, compression="zstd")
