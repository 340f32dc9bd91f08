"""The stages around training: train, export, evaluate. Each starts a process of its own and loads no torch here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import artifact
from pipeline.clean import inputs
from pipeline.errors import UserError
from pipeline.recipe import Recipe
from pipeline.stage import Stage, Where
from pipeline.stream.open_run import SETTINGS
from pipeline.stream.stage import StreamStage
from pipeline.tokens.tokenizer_stage import TokenizerStage
from pipeline.train.job import Job, carry_out


@dataclass(frozen=True)
class TrainStage(Stage):
    """One run: checkpoints, ledger, metrics and validations."""

    recipe: Recipe
    run_name: str
    stream: StreamStage
    tokenizer: TokenizerStage
    start: ExportStage | None
    """The earlier run it starts from."""
    data: Path
    """Folder at which a relative checkpoint path starts; no part of the identity."""
    cache: Path
    """Folder that remembers hashes of files."""
    kind = "run"
    verb = "train"

    @property
    def name(self) -> str:
        """``runs/<run>``."""
        return f"runs/{self.run_name}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """The run, and what decides its order and validation."""
        run = self.recipe.runs[self.run_name].model_dump(mode="json")
        return {
            "run": run,
            "groups": self.recipe.groups,
            "seed": self.recipe.seed,
            "validation_tokens": self.recipe.validation.tokens,
        }

    @property
    def stages(self) -> Sequence[Stage]:
        """Stream, tokenizer, and the run it starts from."""
        return (self.stream, self.tokenizer, *((self.start,) if self.start else ()))

    def files(self) -> Mapping[str, str]:
        """The checkpoint it starts from, if it is one from outside."""
        start = self.recipe.runs[self.run_name].start
        if start.kind != "checkpoint":
            return {}
        folder = self.data / start.path
        if not (folder / "config.json").is_file():
            raise UserError(
                f"runs.{self.run_name}.start.path: {start.path}: no config.json there; a checkpoint is a local "
                "Hugging Face folder (download it first, for instance with `hf download`)"
            )
        patterns = [f"{start.path}/{ending}" for ending in ("config.json", "*.safetensors", "*.safetensors.index.json")]
        there = [pattern for pattern in patterns if any(self.data.glob(pattern)) or Path(pattern).is_absolute()]
        found = inputs.find(f"runs.{self.run_name}.start.path", there, self.data)
        return {"checkpoint": inputs.fingerprint([f for files in found.values() for f in files], self.cache)}

    def start_folder(self, root: Path) -> Path | None:
        """Return the Hugging Face folder the run starts from, or None."""
        start = self.recipe.runs[self.run_name].start
        if start.kind == "checkpoint":
            return (self.data / start.path).resolve()
        return self.start.folder(root) if self.start else None

    def job(self, verb: str, draft: Path, where: Where) -> Job:
        """Return the job of this run for one of the three verbs."""
        layout = where.layout if verb == "train" else {}
        return Job(verb, self.recipe, self.run_name, where.root, draft, layout, self.start_folder(where.root))

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Train to the end; a stopped or killed run goes on from its newest checkpoint."""
        artifact.write_durably(draft / SETTINGS, (json.dumps(self.settings, indent=1, sort_keys=True) + "\n").encode())
        carry_out(self.job("train", draft, where), where.processes)
        last = json.loads((draft / "metrics.jsonl").read_text(encoding="utf-8").splitlines()[-1])
        return {
            "steps": last["step"],
            "sequences": last["position"],
            "tokens": last["tokens"],
            "last_loss": last["loss"],
        }


@dataclass(frozen=True)
class ExportStage(Stage):
    """The final weights as a Hugging Face folder with its tokenizer."""

    train: TrainStage
    kind = "model"
    verb = "export"

    @property
    def name(self) -> str:
        """``models/<run>``."""
        return f"models/{self.train.run_name}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """Nothing of its own."""
        return {}

    @property
    def stages(self) -> Sequence[Stage]:
        """The run."""
        return (self.train, self.train.tokenizer)

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Export and compare logits."""
        carry_out(self.train.job("export", draft, where), processes=1)
        parity: dict[str, Any] = json.loads((draft / "parity.json").read_text(encoding="utf-8"))
        return parity


@dataclass(frozen=True)
class EvaluateStage(Stage):
    """Held-out loss per slice, before and after."""

    export: ExportStage
    kind = "evaluation"
    verb = "evaluate"

    @property
    def name(self) -> str:
        """``evaluations/<run>``."""
        return f"evaluations/{self.export.train.run_name}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """How much is read."""
        return {"tokens": self.export.train.recipe.validation.tokens}

    @property
    def stages(self) -> Sequence[Stage]:
        """The exported model and the held-out documents."""
        return (self.export, self.export.train.stream)

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Evaluate both ends of the run."""
        carry_out(self.export.train.job("evaluate", draft, where), processes=1)
        slices = json.loads((draft / "evaluation.json").read_text(encoding="utf-8"))["slices"]
        return {"slices": len(slices), "tokens": sum(row["tokens"] for row in slices)}
