"""The stage of probes: what they find on a point's final model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import artifact
from pipeline.stage import Stage, Where
from pipeline.train.stages import ExportStage
from pipeline.tune.probes.probe import Examined, Probe

FILE = "measures.json"


@dataclass(frozen=True)
class MeasuresStage(Stage):
    """Identity of every probe -> its number, in ``measures.json``."""

    export: ExportStage
    probes: Sequence[Probe]
    kind = "measures"
    verb = "probe"
    extras = ("train",)

    @property
    def name(self) -> str:
        """``measures/<run>``."""
        return f"measures/{self.export.train.run_name}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """The probes."""
        return {"probes": [probe.identity for probe in self.probes]}

    @property
    def stages(self) -> Sequence[Stage]:
        """The exported model, and the documents it is asked about."""
        return (self.export, self.export.train.stream, self.export.train.tokenizer)

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Load the model and ask it."""
        train = self.export.train
        examined = Examined(
            self.export.folder(where.root),
            where.root,
            train.run_name,
            train.recipe.runs[train.run_name].sequence_length,
            draft / artifact.SCRATCH,
        )
        found = {probe.identity: probe.examine(examined) for probe in self.probes}
        (draft / FILE).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return {"probes": len(found)}
