"""A checkpoint: weights, optimizer state and the loop's own words, complete or not there at all.

Written to a draft folder by megatron-core's distributed checkpointing, described by ``checkpoint.json`` last,
then published by rename. It can be loaded on any other number of processes.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from megatron.core import dist_checkpointing, parallel_state
from megatron.core.dist_checkpointing.core import CheckpointingException
from megatron.core.dist_checkpointing.dict_utils import nested_values
from megatron.core.dist_checkpointing.mapping import ShardedTensor, apply_factories
from megatron.core.distributed import DistributedDataParallel
from megatron.core.optimizer import MegatronOptimizer
from torch import distributed

from pipeline.errors import UserError
from pipeline.train import resume
from pipeline.train.model import unwrap
from pipeline.train.moving_average import MovingAverage
from pipeline.train.writing import Writing

_FORMAT = 2
_DESCRIPTION = "checkpoint.json"
AVERAGE = "moving-average"
_NAME = re.compile(r"step-(\d{8,})")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Saving:
    """A checkpoint being written: no one finds it before it is published."""

    draft: Path
    final: Path
    keep: int
    description: Mapping[str, Any]
    parts: tuple[Writing, ...]

    @property
    def is_written(self) -> bool:
        """Whether nothing is left to wait for in this process."""
        return all(part.is_written for part in self.parts)

    def publish(self) -> Path:
        """Wait for the files, then let the checkpoint be found; every process must call it at the same step."""
        for part in self.parts:
            part.finish()
        distributed.barrier()
        if distributed.get_rank() == 0:
            _describe(self.draft, self.description)
            _publish(self.draft, self.final)
            _prune(self.final.parent, self.keep)
        distributed.barrier()
        return self.final


def begin(
    folder: Path,
    model: DistributedDataParallel,
    optimizer: MegatronOptimizer,
    *,
    step: int,
    extra: Mapping[str, Any],
    keep: int,
    average: MovingAverage | None = None,
    trains_meanwhile: bool = True,
) -> Saving:
    """Begin to write ``folder/step-<step>``, which will leave the newest `keep`; every process must call it.

    What is saved is the state of now, also where training goes on; one checkpoint must be published before the next is
    begun. `extra` is what the loop wants back, JSON values only. The moving average lies in a folder of its own inside.
    """
    final = folder / f"step-{step:08d}"
    draft = folder / f".draft-{final.name}"
    if distributed.get_rank() == 0:
        _remove_drafts(folder)
        draft.mkdir(parents=True)
    distributed.barrier()
    resume.make_state(optimizer)
    parts = [Writing(_state(model, optimizer, is_loading=False), draft, trains_meanwhile=trains_meanwhile)]
    if average is not None:
        parts.append(_begin_average(draft / AVERAGE, model, average, trains_meanwhile))
    vocabulary_size = unwrap(model).vocabulary_size
    described = {"format": _FORMAT, "step": step, "extra": deepcopy(extra), "vocabulary_size": vocabulary_size}
    return Saving(draft, final, keep, described, tuple(parts))


def save(
    folder: Path,
    model: DistributedDataParallel,
    optimizer: MegatronOptimizer,
    *,
    step: int,
    extra: Mapping[str, Any],
    keep: int,
    average: MovingAverage | None = None,
) -> Path:
    """Write and publish a checkpoint at once."""
    return begin(
        folder, model, optimizer, step=step, extra=extra, keep=keep, average=average, trains_meanwhile=False
    ).publish()


def load(checkpoint: Path, model: DistributedDataParallel, optimizer: MegatronOptimizer) -> dict[str, Any]:
    """Fill weights and optimizer state from a published checkpoint and return its `extra`.

    Every process must call it. The optimizer keeps the settings (weight decay and so on) that it was built
    with. Raises UserError where the checkpoint is incomplete or of another model.
    """
    _check(checkpoint, model)
    resume.make_state(optimizer)
    state = _read(checkpoint, _state(model, optimizer, is_loading=True))
    unwrap(model).load_state_dict(state["model"])
    resume.name_count(state["optimizer"])
    with resume.loading(optimizer):
        optimizer.load_state_dict(state["optimizer"])
    extra: dict[str, Any] = describe(checkpoint)["extra"]
    return extra


def load_weights(checkpoint: Path, model: DistributedDataParallel) -> None:
    """Fill the weights alone, as for an export or a measurement; refuses what `load` refuses."""
    _check(checkpoint, model)
    _fill(checkpoint, model)


def load_average(checkpoint: Path, model: DistributedDataParallel, average: MovingAverage) -> None:
    """Fill the moving average from a published checkpoint; raise UserError where it has none."""
    _check(checkpoint, model)
    if not (checkpoint / AVERAGE).is_dir():
        raise UserError(f"{checkpoint}: holds no moving average; the run was trained without moving_average")
    with average.in_place():
        _fill(checkpoint / AVERAGE, model)


def published(folder: Path) -> list[Path]:
    """Return the complete checkpoints of a folder, oldest step first."""
    return [checkpoint for checkpoint in _published(folder) if is_complete(checkpoint)]


def latest(folder: Path) -> Path | None:
    """Return the newest complete checkpoint of a folder, or None; damaged ones are passed over and logged."""
    for checkpoint in reversed(_published(folder)):
        if is_complete(checkpoint):
            return checkpoint
        _log.warning("%s: passed over, files are missing or cut short", checkpoint)
    return None


def describe(checkpoint: Path) -> dict[str, Any]:
    """Return ``step``, ``extra`` and the bytes of each file, as written in checkpoint.json.

    Raises UserError for one that another version wrote.
    """
    description: dict[str, Any] = json.loads((checkpoint / _DESCRIPTION).read_text(encoding="utf-8"))
    if description["format"] != _FORMAT:
        raise UserError(
            f"{checkpoint}: format {description['format']}, this headwater reads {_FORMAT}; begin the run again"
        )
    return description


def is_complete(checkpoint: Path) -> bool:
    """Return whether every file of the checkpoint is there with all its bytes."""
    try:
        files = describe(checkpoint)["files"]
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    return {name: (checkpoint / name).stat().st_size for name in files if (checkpoint / name).exists()} == files


def _metadata() -> dict[str, Any]:
    group = parallel_state.get_data_parallel_group(with_context_parallel=True)
    return {**resume.FULLY_RESHARDABLE, "dp_cp_group": group}


def _state(model: DistributedDataParallel, optimizer: MegatronOptimizer, *, is_loading: bool) -> dict[str, Any]:
    weights = unwrap(model).sharded_state_dict(metadata=_metadata())
    with resume.counting_padding(optimizer):
        state = optimizer.sharded_state_dict(weights, is_loading=is_loading, metadata=_metadata())
    return {"model": weights, "optimizer": state}


def _begin_average(
    folder: Path, model: DistributedDataParallel, average: MovingAverage, trains_meanwhile: bool
) -> Writing:
    if distributed.get_rank() == 0:
        folder.mkdir()
    distributed.barrier()
    with average.in_place():
        weights = {"model": unwrap(model).sharded_state_dict(metadata=_metadata())}
        return Writing(weights, folder, trains_meanwhile=trains_meanwhile)


def _fill(folder: Path, model: DistributedDataParallel) -> None:
    state = _read(folder, {"model": unwrap(model).sharded_state_dict(metadata=_metadata())})
    unwrap(model).load_state_dict(state["model"])


def _read(checkpoint: Path, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the stored values of a sharded state."""
    try:
        state: dict[str, Any] = dist_checkpointing.load(wanted, str(checkpoint), strict="raise_unexpected")
    except CheckpointingException as error:
        raise UserError(f"{checkpoint}: does not fit this model and layout: {error}") from error
    return state


def _check(checkpoint: Path, model: DistributedDataParallel) -> None:
    if not is_complete(checkpoint):
        raise UserError(f"{checkpoint}: not a complete checkpoint; {_DESCRIPTION} and every file it lists are needed")
    _check_shapes(checkpoint, model)


def _check_shapes(checkpoint: Path, model: DistributedDataParallel) -> None:
    """Refuse a checkpoint of another shape; megatron-core would pad or cut the vocabulary without a word.

    The rows beyond the vocabulary are another number in every layout, and nothing but zeros.
    """
    expected = unwrap(model).sharded_state_dict()
    apply_factories(expected)
    stored, vocabulary_size = (
        dist_checkpointing.load_tensors_metadata(str(checkpoint)),
        describe(checkpoint)["vocabulary_size"],
    )
    problems = []
    for tensor in nested_values(expected):
        if not isinstance(tensor, ShardedTensor):
            continue
        shape, found = list(tensor.global_shape), None
        if tensor.key in stored:
            found = list(stored[tensor.key].global_shape)
            if tensor.allow_shape_mismatch:
                shape[0], found[0] = unwrap(model).vocabulary_size, vocabulary_size
        if found != shape:
            problems.append(f"{checkpoint}: tensor {tensor.key}: found {found or 'nothing'}, expected {shape}")
    if problems:
        raise UserError("\n".join(problems))


def _published(folder: Path) -> list[Path]:
    """Return published checkpoints, oldest step first."""
    found = [(int(match[1]), path) for path in folder.glob("step-*") if (match := _NAME.fullmatch(path.name))]
    return [path for _, path in sorted(found)]


def _describe(draft: Path, description: Mapping[str, Any]) -> None:
    files = {str(path.relative_to(draft)): path.stat().st_size for path in sorted(draft.rglob("*")) if path.is_file()}
    text = json.dumps({**description, "files": files}, indent=1, sort_keys=True)
    (draft / _DESCRIPTION).write_text(text + "\n", encoding="utf-8")


def _publish(draft: Path, final: Path) -> None:
    """Make the draft durable and give it its name; a checkpoint of the same step gives way."""
    for path in [*draft.rglob("*"), draft]:
        _sync(path)
    if final.exists():
        final.replace(final.with_name(f".draft-old-{final.name}"))
    draft.replace(final)
    _sync(final.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _prune(folder: Path, keep: int) -> None:
    for old in _published(folder)[:-keep]:
        # Renamed first, so that a crash half-way leaves a draft and no torn checkpoint.
        old.replace(old.with_name(f".draft-old-{old.name}"))
    _remove_drafts(folder)


def _remove_drafts(folder: Path) -> None:
    for path in folder.glob(".draft-*"):
        shutil.rmtree(path)
