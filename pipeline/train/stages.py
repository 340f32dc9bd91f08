"""The stages around training: train, export, evaluate. Each starts a process of its own and loads no torch here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline import artifact
from pipeline.clean import inputs
from pipeline.errors import UserError
from pipeline.recipe import Recipe
from pipeline.stage import Stage, Where
from pipeline.stream.segment import IDENTITY, SETTINGS, count_segments, remove_drafts, write_segment
from pipeline.stream.stage import StreamStage
from pipeline.tokens.stage import TokenizeStage
from pipeline.tokens.tokenizer_stage import TokenizerStage
from pipeline.train import past
from pipeline.train.job import Job, carry_out


@dataclass(frozen=True)
class TrainStage(Stage):
    """One run: checkpoints, ledger, metrics and validations."""

    recipe: Recipe
    run_name: str
    stream: StreamStage
    tokens: Mapping[str, TokenizeStage]
    """The tokens of every source of the recipe."""
    tokenizer: TokenizerStage
    start: ExportStage | None
    """The earlier run it starts from."""
    data: Path
    """Folder at which a relative checkpoint path starts; no part of the identity."""
    cache: Path
    """Folder that remembers hashes of files."""
    kind = "run"
    verb = "train"
    extras = ("train",)

    @property
    def name(self) -> str:
        """``runs/<run>``."""
        return f"runs/{self.run_name}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """What decides the run; where it was amended into this, also what it was before, and until when."""
        return {**self.newest_settings, **({"before": self._before} if self._before else {})}

    @property
    def newest_settings(self) -> Mapping[str, Any]:
        """The run, and what decides its order and validation, as this recipe has them."""
        run = self.recipe.runs[self.run_name].model_dump(mode="json")
        return {
            "run": run,
            "groups": self.recipe.groups,
            "seed": self.recipe.seed_of(self.run_name),
            "validation_tokens": self.recipe.validation.tokens,
        }

    @cached_property
    def segment_identity(self) -> str:
        """Fingerprint of the newest settings and their inputs, whatever came before them."""
        return artifact.fingerprint(self.kind, self.format, self.newest_settings, self.inputs())

    @cached_property
    def _before(self) -> list[dict[str, Any]]:
        return past.before(self.folder(self.cache.parent), self.segment_identity)

    def parts(self) -> dict[str, Mapping[str, Any]]:
        """Return the contents of a segment's files."""
        identity = {"fingerprint": self.segment_identity, "inputs": self.inputs()}
        return {SETTINGS: self.newest_settings, IDENTITY: identity}

    def check(self, root: Path) -> None:
        """Refuse to throw away a run's checkpoints, or an amended run, for want of the right recipe."""
        past.refuse_another(self.folder(root), self.segment_identity, self.newest_settings, self.inputs())

    def begin(self, root: Path) -> Path:
        """Return the run's own draft however often it was amended, or a new one."""
        self.check(root)
        return artifact.begin(self.folder(root), past.draft_identity(self.folder(root), self.segment_identity))

    def made_as(self, draft: Path, root: Path) -> Stage:
        """Return the stage of the recipe that the run was last amended to."""
        if (amended := past.amended_recipe(draft)) is None:
            return self
        from pipeline.plan import make_plan

        return next(stage for stage in make_plan(*amended, root).stages if stage.name == self.name)

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
        start = self.start_folder(where.root)
        return Job(verb, self.recipe, self.run_name, where.root, draft, layout, start, where.wandb)

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Train to the end; a stopped or killed run goes on from its newest checkpoint."""
        if not count_segments(draft):
            write_segment(draft, 0, self.stream.folder(where.root), self.parts())
        carry_out(self.job("train", draft, where), where.processes, where.launcher)
        remove_drafts(draft)
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
    extras = ("train",)

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
    extras = ("train",)

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
