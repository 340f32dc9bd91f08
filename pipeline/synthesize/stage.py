"""Synthesis as a stage: a published corpus and an order become ``synthetic/<name>``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline import artifact
from pipeline.errors import UserError, WorkError
from pipeline.label.answers import Answers
from pipeline.stage import Stage, Where
from pipeline.synthesize.choosing import Chosen, choose, labels_with
from pipeline.synthesize.making import Making
from pipeline.synthesize.order import Order
from pipeline.synthesize.output import Output

FOLDER = "synthetic"
"""Name of the folder below the root."""


@dataclass(frozen=True)
class SynthesizeStage(Stage):
    """Makes ``synthetic/<name>``; corpus and labels are whatever is published below the root."""

    kind = "synthetic"
    verb = "synthesize"

    order: Order
    root: Path = field(compare=False)
    """Where the corpus and its labels lie; no part of the identity."""

    @property
    def name(self) -> str:
        """The artifact's folder."""
        return f"{FOLDER}/{self.order.name}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """The order."""
        return self.order.identity

    def files(self) -> Mapping[str, str]:
        """Return the fingerprints of the corpus and of the labels; raise UserError where one is not there yet."""
        self._refuse_checks_that_cannot_be_made()
        folders = [self._corpus, *([labels.parent] if (labels := self._labels) else [])]
        return {
            folder.relative_to(self.root).as_posix(): artifact.read_manifest(folder).fingerprint for folder in folders
        }

    def _refuse_checks_that_cannot_be_made(self) -> None:
        unable = [f"checks: {check.kind}: {why}" for check in self.order.checks if (why := check.unable())]
        if unable:
            raise UserError("\n".join(unable))

    def choose(self) -> Chosen:
        """Return the seeds."""
        return choose(self._corpus, self._labels, self.order)

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Choose, ask, check and write; raise WorkError where nothing was accepted."""
        where.progress.say(f"  choosing snippets of {self.order.corpus}")
        chosen = self.choose()
        if not any(chosen.seeds.values()):
            raise UserError(
                f"{self.order.name}: no snippet of {self.order.corpus} can be asked about: {_listed(chosen.faults)}"
            )
        with Output(draft) as output:
            making = Making(
                self.order, chosen, Answers(where.root), output, workers=where.workers, say=where.progress.say
            )
            total = sum(self.order.quotas.values())
            with where.progress.task(f"asking {self.order.generator.model}", total, "tokens") as task:
                making.run(task.advance)
        counts = making.counts()
        if not counts["kept"]:
            raise WorkError(
                f"{self.name}: none of {counts['pairs']} answers was accepted ({_listed(counts['removed'])}); "
                f"look into {draft / 'rejected.parquet'}; all answers are kept"
            )
        return counts

    @property
    def _corpus(self) -> Path:
        folder = self.root / "corpus" / self.order.corpus
        if not artifact.is_published(folder):
            known = sorted(path.parent.name for path in (self.root / "corpus").glob(f"*/{artifact.MANIFEST}"))
            raise UserError(
                f"corpus: {self.order.corpus}: no cleaned corpus of this name in {self.root / 'corpus'} "
                f"(there are: {', '.join(known) or 'none'}); headwater run RECIPE --only clean makes it"
            )
        return folder

    @property
    def _labels(self) -> Path | None:
        if self.order.discipline is None:
            return None
        return labels_with(self.order.discipline, self.root / "labels" / self.order.corpus)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(counts.items())) or "it has no documents"
