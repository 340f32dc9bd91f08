"""Where a topic classifier's examples come from: a language model, files of labels one has, or whole sources."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from curricula.settings import Settings, Share
from pipeline.clean import inputs
from pipeline.clean.readers import named_file
from pipeline.errors import UserError, WorkError
from pipeline.label import topic_prompt
from pipeline.label.answers import Answers
from pipeline.label.endpoint import Endpoint, Messages
from pipeline.label.learned import Lesson
from pipeline.label.sample import Sampled, sample
from pipeline.label.signal import Place
from pipeline.label.taxonomy import Taxonomy
from pipeline.recipe_errors import near

if TYPE_CHECKING:
    from pipeline.label.conversations import Conversation

_SHOWN = 3


@dataclass(frozen=True)
class Labelled:
    """A document whose topic is known."""

    document: Sampled
    topic: str


class Labels(Settings):
    """A way to come by labelled documents."""

    kind: str

    @property
    def identity(self) -> Mapping[str, Any]:
        """What decides the labels besides corpora and files."""
        return self.model_dump(mode="json")

    @abstractmethod
    def learns_from(self) -> Mapping[Place, str]:
        """Return the sources it reads, by the places at which the recipe names them."""

    def files(self, data: Path, cache: Path | None) -> Mapping[str, str]:
        """Return name -> fingerprint of the files it reads."""
        return {}

    def named_files(self) -> Mapping[Place, str]:
        """Return the files it reads, by the places at which the recipe names them."""
        return {}

    def faults(self, taxonomy: Taxonomy, data: Path) -> Iterator[tuple[Place, str]]:
        """Yield (place, what is wrong) as far as a glance tells."""
        yield from ()

    @abstractmethod
    def gather(self, taxonomy: Taxonomy, lesson: Lesson) -> tuple[list[Labelled], Mapping[str, Any]]:
        """Return labelled documents in corpus order, and counts for the manifest."""


class FromSources(Labels):
    """Sources that hold one topic each."""

    kind: Literal["sources"] = "sources"
    topics: dict[str, str] = Field(min_length=1)
    """Source -> topic, as its slug or one of its names."""
    most: int = Field(default=5000, ge=2)
    """Most documents of each source."""

    def learns_from(self) -> Mapping[Place, str]:
        """Return the sources named."""
        return {("topics", name): name for name in self.topics}

    def faults(self, taxonomy: Taxonomy, data: Path) -> Iterator[tuple[Place, str]]:
        """Look the topics up."""
        for source, topic in self.topics.items():
            if taxonomy.named(topic) is None:
                yield ("topics", source), f"{topic}: no such topic{near(topic, list(taxonomy.topics))}"

    def gather(self, taxonomy: Taxonomy, lesson: Lesson) -> tuple[list[Labelled], Mapping[str, Any]]:
        """Take a sample of each source."""
        topics = _known(taxonomy, self.topics, "labels.topic.labels.topics")
        found = [
            Labelled(document, topics[source])
            for source in self.topics
            for document in sample({source: lesson.corpora[source]}, self.most, lesson.seed)
        ]
        return found, {}


class FromFiles(Labels):
    """Files of document id and topic, such as the raw files themselves where they bear labels."""

    kind: Literal["file"] = "file"
    paths: tuple[str, ...] = Field(min_length=1)
    """JSON lines, JSON, CSV, TSV (plain or compressed: gz, zst, bz2) or Parquet."""
    sources: tuple[str, ...] = Field(min_length=1)
    """Sources whose documents are labelled there."""
    id_key: str = "id"
    """Field of a row that holds the document's id: ``source/id``, or with a single source the record's own id."""
    topic_key: str = "topic"
    """Field that holds the topic."""
    topics: dict[str, str] = {}
    """What the files call a topic -> its slug; those not named are slugs or names of topics."""
    sample: int = Field(default=50_000, ge=2)
    """Most labelled documents that are used."""

    def learns_from(self) -> Mapping[Place, str]:
        """Return the sources named."""
        return {("sources", i): name for i, name in enumerate(self.sources)}

    @property
    def identity(self) -> Mapping[str, Any]:
        """The paths enter by their contents."""
        return self.model_dump(mode="json", exclude={"paths"})

    def files(self, data: Path, cache: Path | None) -> Mapping[str, str]:
        """Return one fingerprint over all files."""
        return {"labels": inputs.fingerprint(self._files(data), cache)}

    def named_files(self) -> Mapping[Place, str]:
        """Return the files of labels."""
        return {("paths", i): path for i, path in enumerate(self.paths)}

    def faults(self, taxonomy: Taxonomy, data: Path) -> Iterator[tuple[Place, str]]:
        """Look for id and topic in the first rows."""

        def look(where: str, fields: Mapping[str, Any]) -> None:
            _, topic = (named_file.text(where, fields, key) for key in (self.id_key, self.topic_key))
            if taxonomy.named(named := self.topics.get(topic, topic)) is None:
                raise UserError(f"{where}: {topic}: no such topic{near(named, list(taxonomy.topics))}")

        for place, path in self.named_files().items():
            yield from ((place, what) for what in named_file.faults(path, data, look))

    def gather(self, taxonomy: Taxonomy, lesson: Lesson) -> tuple[list[Labelled], Mapping[str, Any]]:
        """Join the rows with the corpora by id; documents that cleaning removed are not there to learn from."""
        labels = self._read(lesson.data)
        topics = _known(taxonomy, {name: self.topics.get(name, name) for name in set(labels.values())}, "labels")
        documents = sample(lesson.corpora, self.sample, lesson.seed, lambda id: self._own(id, labels) is not None)
        found = [Labelled(each, topics[labels[self._own(each.id, labels) or ""]]) for each in documents]
        if not found:
            raise UserError(
                f"labels.topic.labels: none of {len(labels)} ids, such as {next(iter(labels), None)!r}, is a document "
                f"of {', '.join(self.sources)}; ids are written source/id, or with a single source as the record's own"
            )
        return found, {"labels_read": len(labels)}

    def _own(self, id: str, labels: Mapping[str, str]) -> str | None:
        """Return the name under which the files label a document, or None."""
        if id in labels:
            return id
        own = id.removeprefix(f"{self.sources[0]}/")
        return own if len(self.sources) == 1 and own in labels else None

    def _files(self, data: Path) -> list[inputs.InputFile]:
        return named_file.find("labels.topic.labels.paths", self.paths, data)

    def _read(self, data: Path) -> dict[str, str]:
        labels: dict[str, str] = {}
        for file in self._files(data):
            for where, fields in named_file.rows(file):
                id, topic = (named_file.text(where, fields, key) for key in (self.id_key, self.topic_key))
                if labels.setdefault(id, topic) != topic:
                    raise UserError(f"{where}: {id} is labelled {topic} here and {labels[id]} before")
        return labels


class FromEndpoint(Labels):
    """A sample of documents, labelled by a language model."""

    kind: Literal["endpoint"] = "endpoint"
    sources: tuple[str, ...] = Field(min_length=1)
    """Sources that are sampled, in proportion to their documents."""
    sample: int = Field(default=5000, ge=2)
    """Documents that are asked about; 500 a topic and more make a good classifier."""
    characters: int = Field(default=2000, ge=1)
    """Characters of a document that the model sees, from its beginning."""
    endpoint: Endpoint
    """The language model."""
    largest_unusable_share: Share = 0.2
    """Above this share of documents without a usable answer the work stops."""

    def learns_from(self) -> Mapping[Place, str]:
        """Return the sources named."""
        return {("sources", i): name for i, name in enumerate(self.sources)}

    @property
    def identity(self) -> Mapping[str, Any]:
        """Leave out where the model runs."""
        own = self.model_dump(mode="json", exclude={"endpoint", "largest_unusable_share"})
        return {**own, "endpoint": dict(self.endpoint.identity)}

    def files(self, data: Path, cache: Path | None) -> Mapping[str, str]:
        """Return the version of the prompt."""
        return {"prompt": topic_prompt.version()}

    def gather(self, taxonomy: Taxonomy, lesson: Lesson) -> tuple[list[Labelled], Mapping[str, Any]]:
        """Ask about every document of the sample; raise WorkError where too many answers name no topic."""
        from pipeline.label.conversations import converse

        documents = list(sample(lesson.corpora, self.sample, lesson.seed))
        with lesson.progress.task(f"asking {self.endpoint.model} for topics", len(documents), "documents") as task:
            asked = [_Question(taxonomy, each, self.characters, lambda: task.advance(1)) for each in documents]
            converse(self.endpoint, Answers(lesson.root), _conversations(asked), lesson.progress.say)
        unusable = [each for each in asked if each.topic is None]
        if len(unusable) > self.largest_unusable_share * len(asked):
            shown = "; ".join(f"{each.document.id}: {each.last[:80]!r}" for each in unusable[:_SHOWN])
            raise WorkError(
                f"labels.topic: {len(unusable)} of {len(asked)} answers of {self.endpoint.model} name no topic "
                f"(largest_unusable_share allows {self.largest_unusable_share:g}): {shown}"
            )
        found = [Labelled(each.document, each.topic) for each in asked if each.topic is not None]
        return found, {"asked": len(asked), "answers_without_topic": len(unusable)}


AnyLabels = Annotated[FromEndpoint | FromFiles | FromSources, Field(discriminator="kind")]
"""What a recipe may write under a topic's ``labels``."""


class _Question:
    """The conversation about one document."""

    def __init__(self, taxonomy: Taxonomy, document: Sampled, characters: int, ended: Any) -> None:
        self.document, self.topic, self.last = document, None, ""
        self._taxonomy, self._ended = taxonomy, ended
        text = document.text[:characters]
        self._language = topic_prompt.language_of(text, document.language)
        self._messages: Messages = topic_prompt.question(taxonomy, text, self._language)

    topic: str | None

    def next(self, answer: str | None) -> Messages | None:
        """Return what to ask next; a refused document is not asked about again."""
        if answer is None:
            return self._messages
        self.last = answer
        self.topic = topic_prompt.topic_in(answer, self._taxonomy)
        if self.topic is None and answer:
            more = topic_prompt.reminded(self._messages, answer, self._taxonomy, self._language)
            if more is not None:
                self._messages = more
                return more
        self._ended()
        return None


def _conversations(asked: Sequence[_Question]) -> Iterator[Conversation]:
    return (each.next for each in asked)


def _known(taxonomy: Taxonomy, names: Mapping[str, str], field: str) -> dict[str, str]:
    """Return the names with their topics as slugs; raise UserError with every topic that there is not."""
    found = {name: taxonomy.named(topic) for name, topic in names.items()}
    unknown = [
        f"{field}: {name}: no such topic{near(names[name], list(taxonomy.topics))}"
        for name in sorted(names)
        if found[name] is None
    ]
    if unknown:
        raise UserError("\n".join(unknown))
    return {name: topic for name, topic in found.items() if topic is not None}


def per_topic(labelled: Sequence[Labelled]) -> dict[str, int]:
    """Return topic -> documents, commonest first."""
    return dict(Counter(each.topic for each in labelled).most_common())
