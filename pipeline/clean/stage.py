"""Cleaning: a source's raw records become a corpus, and everything dropped is kept with its reason.

datatrove runs the tasks; what is read by which task depends on the files alone, so any number of workers gives the
same bytes, and a killed run goes on with the tasks it had not finished.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.artifact import SCRATCH
from pipeline.clean import inputs, reading
from pipeline.clean.corpus import DOCUMENTS, REMOVED, REMOVED_LINES
from pipeline.clean.profile import applied
from pipeline.clean.record import DAMAGED_FILE, UNREADABLE
from pipeline.clean.settings import Clean
from pipeline.errors import UserError
from pipeline.sources import Parquet, Source, Synthetic
from pipeline.stage import Stage, Where
from pipeline.synthesize import output
from pipeline.synthesize.corrupted import Corrupted
from pipeline.synthesize.order import Order

FILTERING_WORTH = 4 << 20
"""Raw bytes that make a process of its own worth starting."""
_EXAMPLES = 3


@dataclass(frozen=True)
class CleanStage(Stage):
    """Makes ``corpus/<source>``."""

    kind = "corpus"
    verb = "clean"
    format = 6

    source_name: str
    source: Source
    clean: Clean
    seed: int
    data: Path
    """Folder at which relative paths start; no part of the identity."""
    cache: Path | None = field(default=None, compare=False)
    """Folder that remembers hashes of raw files by size and time; None hashes them every time."""
    earlier: tuple[CleanStage, ...] = ()
    """Sources whose documents are not wanted here once more."""
    written: Stage | None = None
    """What makes the documents that are read, where no reader finds them."""

    @property
    def extras(self) -> tuple[str, ...]:  # type: ignore[override]
        """The libraries of cleaning, and those of the program that makes the source."""
        return ("data", *(self.source.read.synthesizer.extras if isinstance(self.source.read, Synthetic) else ()))

    @property
    def name(self) -> str:
        """The artifact's folder."""
        return f"corpus/{self.source_name}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """The reader, the rules and the profile's thresholds; the language model enters by its contents."""
        unseen: dict[str, Any] = {"language_model": True, "largest_bad_share": True, "deduplicate": {"across"}}
        rules = self.clean.model_dump(mode="json", exclude=unseen)
        made: dict[str, Any] = {
            "source": self.source_name,
            "read": {"kind": self.source.read.kind} if self.written else self.source.read.model_dump(mode="json"),
            "clean": rules,
            "license": self.source.license,
            "profile": applied(self.source.profile),
        }
        if isinstance(self.source.read, Synthetic):
            made |= {"seed": self.seed, "synthesizer_format": self.source.read.synthesizer.format}
        plain: dict[str, Any] = json.loads(json.dumps(made))
        return plain

    @property
    def stages(self) -> Sequence[Stage]:
        """The corpora that are compared with, and what makes the documents."""
        return (*self.earlier, *([self.written] if self.written else []))

    def files(self) -> Mapping[str, str]:
        """Return the fingerprints of raw files, of the language model, and of what rules and benchmarks name."""
        read = self.source.read
        found = dict[str, str]()
        if not isinstance(read, Order | Corrupted):
            found |= reading.identity(self.source_name, read, self.data, self.cache)
        if model := self._language_model():
            found["language_model"] = inputs.content_hash(model, self.cache)
        for rule in (*self.clean.repairs, *self.clean.filters):
            rule.at(self.data)
            found |= {f"{rule.kind}: {file}": inputs.content_hash(self.data / file, self.cache) for file in rule.files}
        if named := self.clean.decontaminate:
            groups = inputs.find("clean.decontaminate.files", named.files, self.data)
            found |= {f"decontaminate: {name}": inputs.fingerprint(group, self.cache) for name, group in groups.items()}
        return found

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Read, repair, identify, filter, compare and write; raise UserError when too much is unreadable."""
        from pipeline.clean import comparing

        source = self._reading(where.root)
        kept = draft / SCRATCH / "kept"
        self._filter(source, kept, draft, where)
        self._refuse_broken(draft, kept, source.num_files)
        parts = sorted(kept.glob("*.parquet"))
        others = [stage.folder(where.root) for stage in self.earlier]
        comparing.compare_and_write(
            parts, others, self.source.profile, self.clean, draft, where, name=self.source_name, data=self.data
        )
        counts = self._counts(draft)
        if not counts["kept"]:
            raise UserError(
                f"{reading.field_of(self.source_name)}: nothing is left of {counts['documents_in']} "
                f"records (removed: {_listed(counts['removed']) or 'none'}); look into {draft / REMOVED}"
            )
        return counts

    def _reading(self, root: Path) -> reading.Reading:
        read, data = self.source.read, self.data
        if isinstance(read, Order | Corrupted):
            assert self.written is not None, "what makes the documents comes before they are read"
            read, data = Parquet(paths=(f"{self.written.name}/{output.DOCUMENTS}",)), root
        return reading.resolve(self.source_name, read, data, self.seed)

    def _filter(self, source: reading.Reading, kept: Path, draft: Path, where: Where) -> None:
        from pipeline.clean import adapter
        from pipeline.cluster.executor import PROGRESS, execute

        logs = draft / SCRATCH / "filtering"
        model = self._language_model()
        steps = [
            adapter.Read(self.source_name, self.source.license, source, logs / PROGRESS),
            adapter.SetAside(adapter.writer_of_removed(draft / REMOVED)),
            adapter.Repairs(
                [rule.at(self.data) for rule in self.clean.repairs],
                self.source.profile,
                adapter.writer_of_lines(draft / REMOVED_LINES),
            ),
            *([adapter.Identify(model)] if model else []),
            adapter.Rules(
                [rule.at(self.data) for rule in self.clean.filters],
                self.source.profile,
                adapter.writer_of_removed(draft / REMOVED),
            ),
            adapter.writer_of_kept(kept),
        ]
        total, unit = source.size
        execute(
            steps,
            len(source.tasks),
            where,
            logs,
            title=f"cleaning {self.source_name}",
            total=total,
            unit=unit,
            worth=FILTERING_WORTH,
        )

    def _refuse_broken(self, draft: Path, kept: Path, num_files: int) -> None:
        """Raise UserError with the first examples when more than the largest bad share cannot be read.

        The share is one of records, and of files for those that are damaged: nobody knows how much was in them.
        """
        broken = {reason: count for reason, count in _removed(draft).items() if reason in UNREADABLE}
        total = sum(_removed(draft).values()) + sum(pq.read_metadata(part).num_rows for part in kept.glob("*.parquet"))
        bad, damaged, allowed = sum(broken.values()), broken.get(DAMAGED_FILE, 0), self.clean.largest_bad_share
        if bad <= allowed * total and damaged <= allowed * num_files:
            return
        files = f" and {damaged} of {num_files} files are damaged" if damaged else ""
        examples = [line for reason in broken for line in _examples(draft / REMOVED / reason)]
        raise UserError(
            "\n".join(
                [
                    f"{reading.field_of(self.source_name)}: {bad} of {total} records cannot be read{files} "
                    f"({_listed(broken)}); clean.largest_bad_share allows {allowed:g}",
                    *examples,
                ]
            )
        )

    def _counts(self, draft: Path) -> dict[str, Any]:
        kept, characters, repaired = 0, 0, Counter[str]()
        for part in sorted((draft / DOCUMENTS).glob("*.parquet")):
            table = pq.read_table(part, columns=["text", "repaired"])
            lengths = pc.utf8_length(table["text"])
            kept, characters = kept + len(lengths), characters + (pc.sum(lengths).as_py() or 0)
            for places in table["repaired"].to_pylist():
                repaired.update(dict(places))
        removed = _removed(draft)
        return {
            "documents_in": kept + sum(removed.values()),
            "kept": kept,
            "removed": removed,
            "characters": characters,
            "repaired": dict(sorted(repaired.items())),
            "license": self.source.license,
        }

    def _language_model(self) -> Path | None:
        if self.clean.language_model is None:
            return None
        path = self.data / self.clean.language_model
        if not path.is_file():
            raise UserError(
                f"clean.language_model: {self.clean.language_model}: no such file (paths start at {self.data})"
            )
        return path


def _removed(draft: Path) -> dict[str, int]:
    """Return reason -> number of documents, by name."""
    return {
        folder.name: sum(pq.read_metadata(part).num_rows for part in folder.glob("*.parquet"))
        for folder in sorted((draft / REMOVED).glob("*"))
    }


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in counts.items())


def _examples(folder: Path) -> list[str]:
    first = pq.read_table(sorted(folder.glob("*.parquet"))[0]).slice(0, _EXAMPLES).to_pylist()
    return [f"{row['file_line']}: {row['reason']}: {row['found']}; allowed: {row['allowed']}" for row in first]
