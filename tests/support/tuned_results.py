"""Finished points of an experiment with numbers of our choosing, in the form in which real runs leave them."""

import json
from pathlib import Path

from pipeline import artifact
from pipeline.artifact import Manifest
from pipeline.stream.ledger import Ledger, Record
from pipeline.tune.lab import FAILURE, Lab
from pipeline.tune.points import Point

SOURCES = {"help": 40_000, "made": 12_000}
"""Unique training tokens."""


def _lines(path: Path, rows) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _publish(target: Path, kind: str, counts) -> None:
    draft = target.with_name(f"{target.name}.draft")
    identity = artifact.fingerprint(kind, 1, {"folder": target.name}, {})
    artifact.publish(draft, target, Manifest(kind, 1, {}, {}, identity, counts, (), {}))


def finish(lab: Lab, point: Point, made: float, forgotten: float = 0.01, validations: int = 5) -> None:
    """Let a point be finished: ``made`` is the last loss of that source, ``forgotten`` what the other's rose by."""
    run = point.recipe.runs["cpt"]
    steps = run.tokens // (run.batch * run.sequence_length)
    done = [i / (validations - 1) for i in range(validations)]
    losses = [{"made": 5.0 + (made - 5.0) * part, "help": 4.0 + forgotten * part} for part in done]
    ends = [round(part * steps) * run.batch * run.sequence_length for part in done]
    tokens = [(i + 1) * run.batch * run.sequence_length for i in range(steps)]
    leave(
        lab,
        point,
        [{"tokens": t, "loss": loss} for t, loss in zip(ends, losses, strict=True)],
        [{"tokens": t, "loss": 4.0, "learning_rate": 3e-3} for t in tokens],
    )


def leave(lab: Lab, point: Point, validations, metrics) -> None:
    """Publish what a point's run leaves, with these rows of validations and of steps."""
    run, steps = point.recipe.runs["cpt"], len(metrics)
    draft = lab.run_folder(point).with_name("cpt.draft")
    draft.mkdir(parents=True)
    _lines(draft / "validation.jsonl", validations)
    _lines(draft / "metrics.jsonl", metrics)
    _lines(draft / "speed.jsonl", [{"seconds": 0.5} for _ in range(steps)])
    sequences, ledger = steps * run.batch, Ledger.create(draft / "ledger.jsonl", {})
    given = {"help": sequences - sequences // 4, "made": sequences // 4}
    asked = {name: number / sequences for name, number in given.items()}
    ledger.append(
        Record(
            0, 0, 0, 0, 0, 0, sequences, run.batch, run.sequence_length, asked, given, {}, dict.fromkeys(given, (0, 0))
        )
    )
    _publish(lab.run_folder(point), "run", {"steps": steps})
    stream = lab.folder(point) / "stream" / "cpt"
    stream.mkdir(parents=True)
    kept = {name: round(size * run.keep_of(name)) for name, size in SOURCES.items()}
    slices = [{"name": n, "source": n, "documents": size // 100, "tokens": size} for n, size in kept.items()]
    (stream / "slices.json").write_text(json.dumps(slices))
    for name, size in SOURCES.items():
        draft = lab.folder(point) / "tokens" / f"{name}.draft"
        draft.mkdir(parents=True)
        _publish(lab.folder(point) / "tokens" / name, "tokens", {"train_tokens": size})


def fail(lab: Lab, point: Point, reason: str) -> None:
    """Let a point have failed for a reason."""
    lab.folder(point).mkdir(parents=True)
    (lab.folder(point) / FAILURE).write_text(f"{reason}\n")
