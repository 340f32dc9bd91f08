"""Saving a run, and going on from what was saved: everything that the next step depends on besides the recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import UserError
from pipeline.train import checkpoint
from pipeline.train.spike_guard import Spikes

if TYPE_CHECKING:
    from pipeline.train.loop import Loop


def save(loop: Loop, *, in_background: bool = False) -> None:
    """Save this position; in the background it is published by a later call of this or of `publish`.

    Every process must call it.
    """
    publish(loop)
    loop.journal.sync()
    at = loop.ledger.at(loop.position - 1)
    extra = {
        "position": loop.position,
        "segment": loop.segment.index,
        "ledger": at.hash if at else "",
        "signals": loop.validator.signals,
        "base": loop.validator.base,
        "spikes": loop.learner.spikes.state(),
        "architecture": loop.meter.architecture.model_dump(mode="json"),
    }
    loop.saving = checkpoint.begin(
        loop.job.draft / "checkpoints",
        loop.learner.model,
        loop.learner.optimizer,
        step=loop.steps,
        extra=extra,
        keep=loop.segment.run.keep_checkpoints,
        average=loop.learner.average,
        trains_meanwhile=in_background,
    )
    if not in_background:
        publish(loop)


def publish(loop: Loop) -> None:
    """Wait for the checkpoint that is being written, if there is one, and publish it; every process must call it."""
    if loop.saving is not None:
        loop.saving.publish()
        loop.saving = None


def resume(loop: Loop, found: Path | None) -> None:
    """Go back to a checkpoint; everything written after it is cut off and will be made again."""
    if found is not None:
        extra = checkpoint.load(found, loop.learner.model, loop.learner.optimizer)
        loop.position = extra["position"]
        loop.enter(extra["segment"])
        loop.validator.signals, loop.validator.base = extra["signals"], extra["base"]
        loop.learner.spikes = Spikes.restored(extra["spikes"])
        if loop.learner.average is not None:
            checkpoint.load_average(found, loop.learner.model, loop.learner.average)
        record = loop.ledger.at(loop.position - 1)
        if record is None or record.hash != extra["ledger"]:
            raise UserError(f"{found}: was trained by another ledger than {loop.ledger.path}")
    loop.journal.cut(loop.position if found is not None else -1, loop.segment.index)
