"""Corruption as a stage: the questions of a source become ``corrupted/<source>``, which is cleaned like any source.

All questions are in memory at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import seeds
from pipeline.clean.corpus import COMPRESSION
from pipeline.clean.record import writable
from pipeline.errors import UserError
from pipeline.label.topic_prompt import language_of
from pipeline.stage import Stage, Where
from pipeline.synthesize.corrupted import Corrupted
from pipeline.synthesize.corruption import Corruptible, corrupt
from pipeline.synthesize.output import DOCUMENTS
from pipeline.synthesize.pair import Pair
from synth.glossary import GlossaryError
from synth.synthesizers import AnySynthesizer

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),
        ("question", pa.string()),
        ("solution", pa.string()),
        ("discipline", pa.string()),
        ("license", pa.string()),
        ("url", pa.string()),
        ("parents", pa.list_(pa.string())),
        ("made_by", pa.string()),
        ("spoilt_by", pa.string()),
        ("sound_solution", pa.string()),
    ]
)
"""``spoilt_by`` is the way in which the solution was spoilt, ``sound_solution`` what it was before; null where it was
left alone."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """The documents of a source that is made by program."""

    synthesizer: AnySynthesizer
    documents: int
    seed: int
    """Of the recipe."""
    files: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Fingerprints of the files that they are made from."""


@dataclass(frozen=True)
class CorruptStage(Stage):
    """Makes ``corrupted/<source>``."""

    kind = "corrupted"
    verb = "synthesize"
    format = 2

    source_name: str
    corrupted: Corrupted
    of: Stage | Made
    """What makes the questions: the stage ``synthetic/<source>``, or a program."""
    data: Path = Path()
    """Folder at which relative paths start; no part of the identity."""

    @property
    def name(self) -> str:
        """The artifact's folder."""
        return f"corrupted/{self.source_name}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """What is spoilt and how, and what makes it where a program does."""
        own = self.corrupted.model_dump(mode="json", exclude={"kind"})
        if isinstance(self.of, Stage):
            return own
        made = {"synthesizer": self.of.synthesizer.model_dump(mode="json"), "documents": self.of.documents}
        return {**own, "made": {**made, "seed": self.of.seed, "synthesizer_format": self.of.synthesizer.format}}

    @property
    def stages(self) -> Sequence[Stage]:
        """What makes the questions, where a stage does."""
        return (self.of,) if isinstance(self.of, Stage) else ()

    def files(self) -> Mapping[str, str]:
        """Return the fingerprints of the files that a program makes the questions from."""
        return {} if isinstance(self.of, Stage) else self.of.files

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Spoil and write; raise UserError where a file that the questions are made from cannot be read."""
        try:
            rows = list(self._rows(where.root))
        except GlossaryError as error:
            raise UserError(str(error)) from error
        found = corrupt(
            [_corruptible(row) for row in rows], self.corrupted.rate, self.corrupted.seed, self.corrupted.ways
        )
        ways = Counter[str]()
        for row, (pair, way) in zip(rows, found, strict=True):
            row["text"] = writable(pair.text)
            if way is not None:
                ways[way] += 1
                row |= {"sound_solution": row["solution"], "solution": writable(pair.solution), "spoilt_by": way}
                row["made_by"] += f" spoilt:{way}"
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), draft / DOCUMENTS, compression=COMPRESSION)
        return {
            "documents": len(rows),
            "asked_to_spoil": round(self.corrupted.rate * len(rows)),
            "spoilt": sum(ways.values()),
            "spoilt_by": {way: ways[way] for way in self.corrupted.ways},
        }

    def _rows(self, root: Path) -> Iterator[Row]:
        """Yield the questions with where they come from."""
        if isinstance(self.of, Stage):
            columns = ["id", "question", "solution", "discipline", "license", "url", "parents", "made_by"]
            for row in pq.read_table(self.of.folder(root) / DOCUMENTS, columns=columns).to_pylist():
                yield {**row, "parents": [*row["parents"], f"{self.corrupted.source}/{row['id']}"]}
            return
        maker, seed = self.of.synthesizer, seeds.key(self.of.seed, "synthesize", self.corrupted.source)
        documents = maker.at(self.data).documents(seed)
        for number, document in enumerate(islice(documents, self.of.documents), start=1):
            yield {
                "id": f"{maker.kind}-{number}",
                "question": document.question,
                "solution": document.answer,
                "discipline": document.made_by,
                "made_by": maker.origin(document, seed),
                "parents": list(maker.parents(document)),
            }


def _corruptible(row: Row) -> Corruptible:
    """Return a document whose solution may be swapped with others of its discipline and language."""
    group = f"{row['discipline']}/{language_of(row['question'], '')}"
    return Corruptible(row["id"], group, Pair(row["question"], row["solution"]))
