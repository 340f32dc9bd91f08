"""The training loop: rounds from the director, steps from the reader, and everything needed to go on at any step.

Only rank 0 writes; every rank sees the same record because it is broadcast, not read back from a file.
"""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import distributed

from pipeline import seeds
from pipeline.errors import UserError
from pipeline.progress import Progress, Task
from pipeline.stream.director import Director, Signals
from pipeline.stream.ledger import Ledger, Record
from pipeline.stream.reader import Reader, digest
from pipeline.stream.validation import ValidationSet, validation_sets
from pipeline.train import checkpoint, parallel
from pipeline.train.batches import Loss, evaluate_loss, forward_backward
from pipeline.train.job import Job
from pipeline.train.metrics import MetricsFile
from pipeline.train.model import build_model
from pipeline.train.optimizer import build_optimizer, set_learning_rate, step, zero_gradients
from pipeline.train.parallel import Layout, Place
from pipeline.train.start import architecture_of
from pipeline.train.weights import load_hugging_face

KEEP_CHECKPOINTS = 2


def train(job: Job) -> bool:
    """Train a run to its end; return False if it was asked to stop before (everything is saved either way)."""
    place = parallel.initialize(Layout(**job.layout), seeds.key(job.recipe.seed, "rank") % 2**31)
    try:
        loop = Loop.build(job, place)
        with _stop_on_signal(loop):
            return loop.run()
    finally:
        parallel.shutdown()


@dataclass
class Loop:
    """A run in progress. ``position`` is the one number that says how far it is."""

    job: Job
    place: Place
    model: Any
    optimizer: Any
    director: Director
    ledger: Ledger
    reader: Reader
    held_out: dict[str, ValidationSet]
    metrics: MetricsFile
    validations: MetricsFile
    speed: MetricsFile
    position: int = 0
    signals: Signals = field(default_factory=dict)
    stopping: bool = False

    @classmethod
    def build(cls, job: Job, place: Place) -> Loop:
        """Make model, optimizer and readers, and go back to the newest checkpoint if there is one."""
        run, recipe = job.run, job.recipe
        _check_batch(job, place)
        architecture = architecture_of(job)
        model = build_model(
            architecture,
            precision=run.precision,
            layout=Layout(**job.layout),
            seed=seeds.key(recipe.seed, "weights", job.run_name) % 2**31,
        )
        if job.start is not None:
            load_hugging_face(model, architecture, job.start)
        ledger = _open_ledger(job, place)
        stream = job.root / "stream" / job.run_name
        reader = Reader(job.root, stream, ledger, run, recipe.seed)
        held_out = validation_sets(
            job.root, reader.slices, limit=recipe.validation.tokens, sequence_length=run.sequence_length
        )
        metrics, validations, speed = (
            MetricsFile(job.draft / f"{name}.jsonl") for name in ("metrics", "validation", "speed")
        )
        optimizer = build_optimizer(model, run.optimizer)
        director = Director(run, recipe.groups, reader.slices)
        loop = cls(job, place, model, optimizer, director, ledger, reader, held_out, metrics, validations, speed)
        loop._resume()
        return loop

    def run(self) -> bool:
        """Train round after round; return False if stopped early."""
        progress = Progress(quiet=self.place.rank != 0)
        with progress.task(f"train {self.job.run_name}", self.job.run.tokens, "tokens") as task:
            task.skip(self._trained())
            if self.position == 0:
                self._validate(task)
            while (record := self._record()) is not None:
                if not self._round(record, task):
                    self._save()
                    return False
                last = self.director.next(record, self.signals) is None
                if last or (record.round + 1) % self.job.run.validate_every == 0:
                    self._validate(task)
                if last or (record.round + 1) % self.job.run.checkpoint_every == 0:
                    self._save()
        return True

    def _trained(self) -> int:
        """Return the training tokens up to this position."""
        record = self.ledger.at(self.position - 1)
        return record.tokens + (self.position - record.position) * record.sequence_length if record else 0

    def _record(self) -> Record | None:
        """Return the record of the round at this position, or None after the last; rank 0 writes it if it is new."""
        box: list[Record | None] = [None]
        if self.place.rank == 0:
            box = [self.ledger.at(self.position)]
            if box[0] is None and (new := self.director.next(self.ledger.last(), self.signals)) is not None:
                box = [self.ledger.append(new)]
        if self.place.world_size > 1:
            distributed.broadcast_object_list(box, src=0)
        if box[0] is not None:
            self.reader.begin_round(box[0])
        return box[0]

    def _round(self, record: Record, task: Task) -> bool:
        """Train to the end of a round; return False if a stop was asked for on any rank."""
        tokens = record.batch * record.sequence_length
        while self.position < record.end:
            began = time.perf_counter()
            loss = self._step(record)
            seconds = time.perf_counter() - began
            if self.place.rank == 0:
                self.speed.append(position=self.position, seconds=seconds, tokens=tokens)
            task.advance(tokens, f"loss {loss.mean:.4f}")
            if self._anyone_stops():
                return False
        return True

    def _step(self, record: Record) -> Loss:
        """Make one optimizer step and write its metrics."""
        run = self.job.run
        rows, total = self._rows(record.batch)
        done, per_step = self._trained(), record.batch * record.sequence_length
        # The middle of the step: its mean rate, and no first step at zero.
        rate = run.learning_rate.value(done + per_step // 2, run.tokens)
        set_learning_rate(self.optimizer, rate)
        zero_gradients(self.model, self.optimizer)
        loss = forward_backward(self.model, rows, micro_batch_size=run.micro_batch)
        norm = step(self.optimizer)
        self.position += record.batch
        if self.place.rank == 0:
            self.metrics.append(
                step=self._steps(record),
                position=self.position,
                tokens=done + per_step,
                loss=loss.mean,
                learning_rate=rate,
                gradient_norm=norm,
                digest=total,
            )
        return loss

    def _steps(self, record: Record) -> int:
        """Return the optimizer steps made so far, in or at the end of this round."""
        return record.step + (self.position - record.position) // record.batch

    def _rows(self, batch: int) -> tuple[torch.Tensor, int]:
        """Return this copy's sequences of the step, and the digest of all copies' sequences."""
        own = slice(self.place.data_rank, None, self.place.data_size)
        mine = list(self.reader.sequences(self.position, batch))[own]
        rows = [self.reader.read(sequence) for sequence in mine]
        total = sum(digest(s.position, row) for s, row in zip(mine, rows, strict=True)) % 2**63
        return torch.from_numpy(_stack(rows)), parallel.sum_over_copies(total)

    def _validate(self, task: Task) -> None:
        """Measure the loss of every slice and keep it as the signal for methods."""
        losses = {}
        for name, held_out in self.held_out.items():
            tokens, mask = _share(held_out, self.place, self.job.run.micro_batch)
            losses[name] = evaluate_loss(
                self.model, tokens, micro_batch_size=self.job.run.micro_batch, loss_mask=mask
            ).mean
            task.advance(0, f"validating {name}")
        self.signals = {"validation_loss": losses}
        if self.place.rank == 0:
            self.validations.append(position=self.position, tokens=self._trained(), loss=losses)

    def _save(self) -> None:
        for file in (self.metrics, self.validations):
            file.sync()
        at = self.ledger.at(self.position - 1)
        extra = {"position": self.position, "ledger": at.hash if at else "", "signals": self.signals}
        checkpoint.save(
            self.job.draft / "checkpoints",
            self.model,
            self.optimizer,
            step=self._steps(at) if at else 0,
            extra=extra,
            keep=KEEP_CHECKPOINTS,
        )

    def _resume(self) -> None:
        """Go back to the newest checkpoint; everything written after it is cut off and will be made again."""
        found = checkpoint.latest(self.job.draft / "checkpoints")
        if found is not None:
            extra = checkpoint.load(found, self.model, self.optimizer)
            self.position, self.signals = extra["position"], extra["signals"]
            record = self.ledger.at(self.position - 1)
            if record is None or record.hash != extra["ledger"]:
                raise UserError(f"{found}: was trained by another ledger than {self.ledger.path}")
        if self.place.rank == 0:
            for file in (self.metrics, self.validations, self.speed):
                file.cut(self.position if found is not None else -1)

    def _anyone_stops(self) -> bool:
        if self.place.world_size == 1:
            return self.stopping
        flag = torch.tensor(int(self.stopping), device=self.place.device)
        distributed.all_reduce(flag, op=distributed.ReduceOp.MAX)
        return bool(flag)


def _stack(rows: list[Any]) -> Any:
    import numpy as np

    return np.stack(rows)


def _check_batch(job: Job, place: Place) -> None:
    if job.run.batch % (place.data_size * job.run.micro_batch):
        raise UserError(
            f"runs.{job.run_name}.batch: {job.run.batch} sequences cannot be divided over {place.data_size} copies "
            f"of the model in micro-batches of {job.run.micro_batch}"
        )


def _open_ledger(job: Job, place: Place) -> Ledger:
    path = job.draft / "ledger.jsonl"
    if place.rank == 0:
        if path.exists():
            Ledger(path).repair()
        else:
            Ledger.create(path, {"recipe": job.recipe.name, "run": job.run_name})
    distributed.barrier()
    return Ledger(path)


def _share(held_out: ValidationSet, place: Place, micro_batch: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return this copy's rows of a validation set, filled up with masked ones to whole micro-batches."""
    tokens, mask = torch.from_numpy(held_out.tokens), torch.from_numpy(held_out.mask)
    missing = -len(tokens) % (place.data_size * micro_batch)
    if missing:
        tokens = torch.cat([tokens, tokens[:1].expand(missing, -1)])
        mask = torch.cat([mask, mask.new_zeros(missing, mask.size(1))])
    own = slice(place.data_rank, None, place.data_size)
    return tokens[own].contiguous(), mask[own].contiguous()


class _stop_on_signal:  # noqa: N801 - used as a verb
    """Asks the loop to stop after the step when SIGINT, SIGTERM or SIGUSR1 arrives."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> None:
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
            self._before[name] = signal.signal(name, self._ask)

    def __exit__(self, *_: object) -> None:
        for name, handler in self._before.items():
            signal.signal(name, handler)

    def _ask(self, *_: object) -> None:
        self._loop.stopping = True
