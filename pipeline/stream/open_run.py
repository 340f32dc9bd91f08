"""Opens what a run read: its settings, ledger and reader, whether the run is finished, stopped or under way."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pipeline import artifact
from pipeline.errors import UserError
from pipeline.recipe import Run
from pipeline.stream.director import Director
from pipeline.stream.ledger import Ledger
from pipeline.stream.reader import Reader

SETTINGS = "settings.json"
"""File of a run's folder: everything besides the stream that decides its order."""


@dataclass(frozen=True)
class OpenRun:
    """A run's order."""

    folder: Path
    """Published folder, or the draft of a run that is not finished."""
    root: Path
    run: Run
    ledger: Ledger
    reader: Reader
    director: Director


def open_run(path: Path) -> OpenRun:
    """Open ``ROOT/runs/<run>``; raise UserError if no such run was started."""
    folder = path if artifact.is_published(path) else artifact.draft_of(path)
    if not (folder / SETTINGS).is_file():
        raise UserError(f"{path}: no run here; name a folder such as work/demo/runs/cpt")
    settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    root = path.resolve().parents[1]
    run = Run.model_validate(settings["run"])
    ledger = Ledger(folder / "ledger.jsonl")
    reader = Reader(root, root / "stream" / path.name, ledger, run, settings["seed"])
    return OpenRun(folder, root, run, ledger, reader, Director(run, settings["groups"], reader.slices))
