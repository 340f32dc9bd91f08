"""Synthesis as a stage: a corpus and an order become ``synthetic/<source>``, which is then cleaned like any source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.artifact import SCRATCH, sha256_of
from pipeline.errors import UserError, WorkError
from pipeline.label.answers import Answers
from pipeline.label.stage import LABELS
from pipeline.stage import Stage, Where, why_stale
from pipeline.synthesize.choosing import Around, Chosen, choose
from pipeline.synthesize.family_list import FAMILIES
from pipeline.synthesize.making import Making
from pipeline.synthesize.order import Order
from pipeline.synthesize.output import Output
from pipeline.synthesize.seeds.columns import Labelled
from pipeline.synthesize.seeds.quotas import counter


@dataclass(frozen=True)
class SynthesizeStage(Stage):
    """Makes ``synthetic/<source>``."""

    kind = "synthetic"
    verb = "synthesize"
    extras = ("data",)

    source_name: str
    order: Order
    corpus: Stage
    """What is asked about."""
    labels: Mapping[str, Stage] = field(default_factory=dict, hash=False)
    """Column -> the labels of the corpus that hold it, for all columns that the order names."""
    tokenizer: Stage | None = None
    """What counts the tokens of quotas."""
    run_read: Stage | None = None
    """The run whose losses the order reads."""
    data: Path = Path()
    """Folder at which relative paths start; no part of the identity."""

    @property
    def name(self) -> str:
        """The artifact's folder."""
        return f"synthetic/{self.source_name}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """The order."""
        return self.order.identity

    @property
    def stages(self) -> Sequence[Stage]:
        """The corpus, its labels, and what else the order reads."""
        others = [stage for stage in (self.tokenizer, self.run_read) if stage is not None]
        return (self.corpus, *{stage.name: stage for stage in self.labels.values()}.values(), *others)

    def files(self) -> Mapping[str, str]:
        """Return the hash of the list of hosts; raise UserError where it is not there."""
        hosts = self.order.seeds.hosts
        if hosts is None or hosts.file is None:
            return {}
        if not (path := self.data / hosts.file).is_file():
            raise UserError(
                f"sources.{self.source_name}.read.seeds.hosts.file: {hosts.file}: no such file (paths start at "
                f"{self.data})"
            )
        return {"hosts": sha256_of(path)}

    def check(self, root: Path) -> None:
        """Raise UserError before any work where a check of the answers cannot be made here."""
        unable = [f"checks: {check.kind}: {why}" for check in self.order.checks if (why := check.unable())]
        unable += [f"prompts: {name}: {why}" for name in self.order.prompts if (why := FAMILIES[name].unable())]
        if unable and why_stale(self, root):
            raise UserError("\n".join(f"sources.{self.source_name}.read.{line}" for line in unable))

    def choose(self, root: Path, draft: Path) -> Chosen:
        """Return the seeds, and write what was learned in choosing them; raise UserError where there are none."""
        labelled = Labelled(
            self.corpus.folder(root), {column: stage.folder(root) / LABELS for column, stage in self.labels.items()}
        )
        run = self.run_read.folder(root) if self.run_read else None
        chosen = choose(self.order, Around(labelled, draft / "seeds", draft / SCRATCH / "seeds", self.data, run))
        if not any(chosen.seeds.values()):
            raise UserError(
                f"sources.{self.source_name}.read: no snippet of {self.order.corpus} can be asked about: "
                f"{_listed(chosen.faults)}"
            )
        return chosen

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Choose, ask, check and write; raise WorkError where nothing was accepted."""
        where.progress.say(f"  choosing snippets of {self.order.corpus}")
        chosen = self.choose(where.root, draft)
        with Output(draft) as output:
            making = Making(
                self.order,
                chosen,
                Answers(where.root),
                output,
                count=counter(self.tokenizer.folder(where.root) if self.tokenizer else None),
                workers=where.workers,
                data=self.data,
                say=where.progress.say,
            )
            total = sum(chosen.quotas.values())
            with where.progress.task(f"asking {self.order.generator.model}", total, "tokens") as task:
                making.run(task.advance)
        counts = making.counts()
        if not counts["kept"]:
            raise WorkError(
                f"{self.name}: none of {counts['pairs']} answers was accepted ({_listed(counts['removed'])}); "
                f"look into {draft / 'rejected.parquet'}; all answers are kept"
            )
        return counts


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(counts.items())) or "it has no documents"
