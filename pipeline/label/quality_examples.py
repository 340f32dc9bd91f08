"""Good and poor documents to learn quality from: two sets one names, or what ranks high and low against benchmarks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from curricula.settings import Settings
from pipeline import seeds
from pipeline.artifact import SCRATCH
from pipeline.clean import inputs
from pipeline.clean.readers import named_file
from pipeline.errors import UserError
from pipeline.label.benchmark_rank import top
from pipeline.label.embeddings import AnyEmbedding
from pipeline.label.embeddings.sentence_encoder import SentenceEncoder
from pipeline.label.learned import Lesson
from pipeline.label.sample import Sampled, sample
from pipeline.label.signal import Place
from pipeline.label.vector_chunks import embed_all

Sets = tuple[list[Sampled], list[Sampled]]
"""Good and poor documents."""


class TextFiles(Settings):
    """Texts in files."""

    paths: tuple[str, ...] = Field(min_length=1)
    """JSON lines, JSON, CSV, TSV (plain or compressed: gz, zst, bz2) or Parquet."""
    text_keys: tuple[str, ...] = ("text",)
    """Fields that make a text, in this order, a line each; those a row has not got are left out."""

    def find(self, field: str, data: Path) -> list[inputs.InputFile]:
        """Return the files; raise UserError naming the recipe's field where there are none."""
        return named_file.find(field, self.paths, data)

    def texts(self, field: str, data: Path) -> Iterator[tuple[str, str]]:
        """Yield (``file:line``, text); raise UserError for a row with none of the fields."""
        for file in self.find(field, data):
            for where, fields in named_file.rows(file):
                yield where, self._text(where, fields)

    def named_files(self) -> Mapping[Place, str]:
        """Return the paths, by their places in the recipe."""
        return {("paths", i): path for i, path in enumerate(self.paths)}

    def faults(self, data: Path) -> Iterator[tuple[Place, str]]:
        """Look for the fields in the first rows of what is there."""
        for place, path in self.named_files().items():
            yield from ((place, what) for what in named_file.faults(path, data, self._text))

    def _text(self, where: str, fields: Mapping[str, Any]) -> str:
        found = [named_file.text(where, fields, key) for key in self.text_keys if fields.get(key) is not None]
        if not found:
            raise UserError(f"{where}: none of the fields {', '.join(self.text_keys)} (found: {', '.join(fields)})")
        return "\n".join(found)


class ExampleSet(Settings):
    """Documents of sources, of files, or of both."""

    sources: tuple[str, ...] = ()
    """Sources that are sampled."""
    files: TextFiles | None = None
    """Files of texts."""
    most: int = Field(default=50_000, ge=2)
    """Most documents of the sources, and again of the files."""

    @model_validator(mode="after")
    def _names_something(self) -> ExampleSet:
        if not self.sources and self.files is None:
            raise ValueError("names neither sources nor files")
        return self

    def documents(self, field: str, lesson: Lesson) -> list[Sampled]:
        """Return the documents."""
        corpora = {name: lesson.corpora[name] for name in self.sources}
        found = list(sample(corpora, self.most, lesson.seed))
        if self.files is not None:
            rows = islice(self.files.texts(f"{field}.files.paths", lesson.data), self.most)
            found += [Sampled(where, "", text, "") for where, text in rows]
        return found


class Examples(Settings):
    """A way to come by good and poor documents."""

    kind: str

    @property
    def identity(self) -> Mapping[str, Any]:
        """What decides them besides corpora and files."""
        return self.model_dump(mode="json")

    @abstractmethod
    def learns_from(self) -> Mapping[Place, str]:
        """Return the sources it reads, by the places at which the recipe names them."""

    @abstractmethod
    def texts(self) -> Mapping[Place, TextFiles]:
        """Return the files that hold examples, by their places in the recipe."""

    def paths(self) -> Mapping[Place, str]:
        """Return the files it reads, by the places at which the recipe names them."""
        files = self.texts().items()
        return {(*place, *inner): path for place, one in files for inner, path in one.named_files().items()}

    def faults(self, data: Path) -> Iterator[tuple[Place, str]]:
        """Look into them."""
        for place, one in self.texts().items():
            yield from (((*place, *inner), what) for inner, what in one.faults(data))

    @abstractmethod
    def files(self, data: Path, cache: Path | None) -> Mapping[str, str]:
        """Return name -> fingerprint of the files it reads."""

    @abstractmethod
    def gather(self, lesson: Lesson) -> Sets:
        """Return good and poor documents."""


class TwoSets(Examples):
    """A set of good documents and a set of ordinary ones."""

    kind: Literal["sets"] = "sets"
    positive: ExampleSet
    """What is wanted: an encyclopedia, books, textbooks."""
    negative: ExampleSet
    """What it is to be told from: a sample of the web."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """Files enter by their contents."""
        hidden = {"files": {"paths"}}
        return self.model_dump(mode="json", exclude={"positive": hidden, "negative": hidden})

    def learns_from(self) -> Mapping[Place, str]:
        """Return the sources of both sets."""
        sets = {"positive": self.positive, "negative": self.negative}
        return {(side, "sources", i): name for side, one in sets.items() for i, name in enumerate(one.sources)}

    def texts(self) -> Mapping[Place, TextFiles]:
        """Return the files of both sets."""
        sets = {"positive": self.positive.files, "negative": self.negative.files}
        return {(side, "files"): one for side, one in sets.items() if one is not None}

    def files(self, data: Path, cache: Path | None) -> Mapping[str, str]:
        """Return a fingerprint for each set with files."""
        sets = {"positive": self.positive.files, "negative": self.negative.files}
        field = "labels.quality.examples"
        return {
            side: inputs.fingerprint(one.find(f"{field}.{side}.files.paths", data), cache)
            for side, one in sets.items()
            if one is not None
        }

    def gather(self, lesson: Lesson) -> Sets:
        """Read both sets."""
        field = "labels.quality.examples"
        return (
            self.positive.documents(f"{field}.positive", lesson),
            self.negative.documents(f"{field}.negative", lesson),
        )


class BenchmarkRanking(Examples):
    """A sample of sources, ranked by nearness to benchmarks' training examples: the top is good, the rest is not."""

    kind: Literal["benchmarks"] = "benchmarks"
    benchmarks: dict[str, TextFiles] = Field(min_length=1)
    """Training examples of benchmarks, by name; never test examples. Each benchmark gives the same number."""
    sources: tuple[str, ...] = Field(min_length=1)
    """Sources that are sampled and ranked."""
    sample: int = Field(default=20_000, ge=10)
    """Documents that are ranked."""
    examples: int = Field(default=500, ge=1)
    """Most examples of each benchmark."""
    top_share: float = Field(default=0.1, gt=0, lt=1)
    """Share of the sample that counts as good."""
    embedding: AnyEmbedding = SentenceEncoder()
    """What nearness is."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """Files, the embedding's model among them, enter by their contents."""
        own = self.model_dump(mode="json", exclude={"embedding": True, "benchmarks": {"__all__": {"paths"}}})
        return {**own, "embedding": dict(self.embedding.identity)}

    def learns_from(self) -> Mapping[Place, str]:
        """Return the sources named."""
        return {("sources", i): name for i, name in enumerate(self.sources)}

    def texts(self) -> Mapping[Place, TextFiles]:
        """Return the files of the benchmarks."""
        return {("benchmarks", name): one for name, one in self.benchmarks.items()}

    def paths(self) -> Mapping[Place, str]:
        """Return the embedding's too."""
        return {**super().paths(), **{("embedding", *place): path for place, path in self.embedding.paths().items()}}

    def faults(self, data: Path) -> Iterator[tuple[Place, str]]:
        """Look at the embedding's model too."""
        yield from super().faults(data)
        yield from ((("embedding", *place), what) for place, what in self.embedding.faults(data))

    def files(self, data: Path, cache: Path | None) -> Mapping[str, str]:
        """Return a fingerprint for each benchmark, and the embedding's."""
        field = "labels.quality.examples.benchmarks"
        found = {
            f"benchmark {name}": inputs.fingerprint(one.find(f"{field}.{name}.paths", data), cache)
            for name, one in self.benchmarks.items()
        }
        return {**found, **self.embedding.files(data, cache)}

    def gather(self, lesson: Lesson) -> Sets:
        """Rank, split, and thin the rest out to the size of the top."""
        documents = list(sample(lesson.corpora, self.sample, lesson.seed))
        scratch = lesson.draft / SCRATCH
        scratch.mkdir(parents=True, exist_ok=True)
        self.embedding.learn(lambda most: (each.text for each in documents[:most]), scratch, lesson.seed)
        embed = self.embedding.load(lesson.data, scratch)
        with lesson.progress.task("embedding a sample", len(documents), "documents") as task:
            texts = (each.text for each in documents)
            chunks = embed_all(texts, embed, scratch / "vectors", task.advance)
        is_good = top(np.concatenate(list(chunks)), embed(self._examples(lesson)), self.top_share)
        good = [each for each, chosen in zip(documents, is_good, strict=True) if chosen]
        rest = [each for each, chosen in zip(documents, is_good, strict=True) if not chosen]
        rest.sort(key=lambda each: seeds.key(lesson.seed, "rest", each.id))
        return good, rest[: len(good)]

    def _examples(self, lesson: Lesson) -> list[str]:
        """Return the same number of each benchmark's examples: as many as the smallest has."""
        field = "labels.quality.examples.benchmarks"
        texts = {
            name: [text for _, text in one.texts(f"{field}.{name}.paths", lesson.data)]
            for name, one in self.benchmarks.items()
        }
        number = min(self.examples, *map(len, texts.values()))
        if not number:
            raise UserError(f"{field}: no examples in {', '.join(name for name, some in texts.items() if not some)}")
        return [some[i] for name, some in texts.items() for i in self._chosen(name, len(some), number, lesson.seed)]

    def _chosen(self, name: str, available: int, number: int, seed: int) -> list[int]:
        chosen = seeds.generator(seed, "benchmark", name).choice(available, number, replace=False)
        return [int(i) for i in np.sort(chosen)]


AnyExamples = Annotated[TwoSets | BenchmarkRanking, Field(discriminator="kind")]
"""What a recipe may write under a quality's ``examples``."""
