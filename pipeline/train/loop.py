"""The training loop: rounds from the director, steps from the reader, and everything needed to go on at any step.

Only rank 0 writes; every rank sees the same record because it is broadcast, not read back from a file.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import distributed

from pipeline import seeds
from pipeline.errors import UserError
from pipeline.progress import Progress, Task
from pipeline.recipe import Run
from pipeline.stream.ledger import Ledger, Record
from pipeline.stream.open_run import cursors_after, open_reader
from pipeline.stream.reader import Reader, digests
from pipeline.stream.segment import Segment, load_segment
from pipeline.stream.turn import segment_after
from pipeline.train import checkpoint, parallel
from pipeline.train.embedding_rows import describe_rows
from pipeline.train.job import Job, note_copies
from pipeline.train.journal import Journal
from pipeline.train.kernels import describe
from pipeline.train.layout import Layout
from pipeline.train.learner import Learned, Learner
from pipeline.train.learning_rates import LearningRates
from pipeline.train.parallel import Place
from pipeline.train.stopping import stop_on_signal
from pipeline.train.validator import Validator

KEEP_CHECKPOINTS = 2


def train(job: Job) -> bool:
    """Train a run to its end; return False if it was asked to stop before (everything is saved either way)."""
    place = parallel.initialize(Layout(**job.layout), seeds.key(job.recipe.seed_of(job.run_name), "rank") % 2**31)
    try:
        loop = Loop.build(job, place)
        if place.rank == 0 and loop.position == 0 and job.start is not None and (line := describe_rows(job.start)):
            Progress().say(f"  {line}")
        with stop_on_signal(loop):
            return loop.run()
    finally:
        parallel.shutdown()


@dataclass
class Loop:
    """A run in progress. ``position`` is the one number that says how far it is."""

    job: Job
    place: Place
    learner: Learner
    segment: Segment
    """Settings and slices of the round at this position."""
    ledger: Ledger
    reader: Reader
    validator: Validator
    journal: Journal
    rates: LearningRates
    position: int = 0
    stopping: bool = False

    @classmethod
    def build(cls, job: Job, place: Place) -> Loop:
        """Make model, optimizer and readers, and go back to the newest checkpoint if there is one."""
        _check_batch(job.run_name, job.run, place)
        if place.rank == 0:
            note_copies(job.draft, place.data_size)
        found = checkpoint.latest(job.draft / "checkpoints")
        seed = seeds.key(job.recipe.seed_of(job.run_name), "weights", job.run_name) % 2**31
        learner = Learner.build(job, seed, resumes=found is not None)
        ledger = _open_ledger(job, place)
        segment = load_segment(job.draft, 0)
        loop = cls(
            job,
            place,
            learner,
            segment,
            ledger,
            reader=open_reader(job.root, job.draft, ledger),
            validator=Validator(job, place, learner.model, segment),
            journal=Journal(job.draft, writes=place.rank == 0),
            rates=LearningRates(job.draft, ledger),
        )
        loop._resume(found)
        return loop

    def run(self) -> bool:
        """Train round after round; return False if stopped early."""
        progress = Progress(quiet=self.place.rank != 0)
        progress.say("  " + describe(self.learner.kernels, self.segment.run.precision, self.place.device))
        coming = self._coming()
        with progress.task(f"train {self.job.run_name}", self.segment.run.tokens, "tokens") as task:
            task.skip(self._trained())
            if coming is not None and (self._enter(coming) or self.position == 0):
                self._validate(task)
            while coming is not None:
                run, record = self.segment.run, self._record()
                if not self._round(record, task):
                    self._save()
                    return False
                coming = self._coming()
                amended = coming is not None and self._enter(coming)
                if coming is None or amended or (record.round + 1) % run.validate_every == 0:
                    self._validate(task)
                if coming is None or (record.round + 1) % run.checkpoint_every == 0:
                    self._save()
        return True

    def _trained(self) -> int:
        """Return the training tokens up to this position."""
        record = self.ledger.at(self.position - 1)
        return self._trained_in(record) if record else 0

    def _trained_in(self, record: Record) -> int:
        """Return the same, of which this round holds the last ones."""
        return record.tokens + (self.position - record.position) * record.sequence_length

    def _coming(self) -> int | None:
        """Return the segment of the round at this position, None after the last; rank 0 says, so that all agree."""
        box: list[int | None] = [None]
        if self.place.rank == 0:
            record = self.ledger.at(self.position)
            box = [record.segment if record else segment_after(self.job.draft, self._trained())]
        if self.place.world_size > 1:
            distributed.broadcast_object_list(box, src=0)
        return box[0]

    def _enter(self, index: int) -> bool:
        """Let another segment hold from this position on; return False if it holds already."""
        if index == self.segment.index:
            return False
        self.segment = load_segment(self.job.draft, index)
        _check_batch(self.job.run_name, self.segment.run, self.place)
        self.validator.enter(self.segment)
        return True

    def _record(self) -> Record:
        """Return the record of the round at this position; rank 0 writes it if it is new."""
        if self.segment.index > self.reader.newest:
            before = self.ledger.at(self.position - 1)
            assert before is not None or self.position == 0, "rounds that were trained are in every rank's ledger"
            self.reader.amend(self.segment, cursors_after(before))
        box: list[Any] = [None]
        if self.place.rank == 0:
            box = [self.ledger.at(self.position)]
            if box[0] is None:
                new = self.segment.director(self.reader.strings).next(self.ledger.last(), self.validator.signals)
                assert new is not None, "the round's segment was chosen because the run goes on"
                box = [self.ledger.append(new)]
        if self.place.world_size > 1:
            distributed.broadcast_object_list(box, src=0)
        record: Record = box[0]
        self.reader.begin_round(record)
        return record

    def _round(self, record: Record, task: Task) -> bool:
        """Train to the end of a round; return False if a stop was asked for on any rank."""
        tokens = record.batch * record.sequence_length
        while self.position < record.end:
            began = time.perf_counter()
            learned = self._step(record)
            self.journal.speed(position=self.position, seconds=time.perf_counter() - began, tokens=tokens)
            task.advance(tokens, f"loss {learned.loss:.4f}")
            if self._anyone_stops():
                return False
        return True

    def _step(self, record: Record) -> Learned:
        """Make one optimizer step and write its metrics."""
        run, done = self.segment.run, self._trained_in(record)
        batch = self.reader.share(self.position, record.batch, self.place.data_rank, self.place.data_size)
        tokens = self.reader.block(batch).astype(np.int64)
        per_step = record.batch * record.sequence_length
        # The middle of the step: its mean rate, and no first step at zero.
        rate = self.rates.value(record, done + per_step // 2)
        learned = self.learner.step(run, batch, tokens, rate)
        digest = parallel.sum_over_copies(digests(batch.placements.positions, tokens))
        self.position += record.batch
        self.journal.step(
            step=self._steps(record),
            position=self.position,
            tokens=done + per_step,
            loss=learned.loss,
            learning_rate=rate,
            gradient_norm=learned.gradient_norm,
            digest=digest,
        )
        return learned

    def _steps(self, record: Record) -> int:
        """Return the optimizer steps made so far, in or at the end of this round."""
        return record.step + (self.position - record.position) // record.batch

    def _validate(self, task: Task) -> None:
        """Measure the loss of every slice."""
        losses = self.validator.measure(lambda what: task.advance(0, what))
        self.journal.validation(position=self.position, segment=self.segment.index, tokens=self._trained(), loss=losses)

    def _save(self) -> None:
        self.journal.sync()
        at = self.ledger.at(self.position - 1)
        extra = {
            "position": self.position,
            "segment": self.segment.index,
            "ledger": at.hash if at else "",
            "signals": self.validator.signals,
        }
        checkpoint.save(
            self.job.draft / "checkpoints",
            self.learner.model,
            self.learner.optimizer,
            step=self._steps(at) if at else 0,
            extra=extra,
            keep=KEEP_CHECKPOINTS,
        )

    def _resume(self, found: Path | None) -> None:
        """Go back to the newest checkpoint; everything written after it is cut off and will be made again."""
        if found is not None:
            extra = checkpoint.load(found, self.learner.model, self.learner.optimizer)
            self.position = extra["position"]
            self._enter(extra["segment"])
            self.validator.signals = extra["signals"]
            record = self.ledger.at(self.position - 1)
            if record is None or record.hash != extra["ledger"]:
                raise UserError(f"{found}: was trained by another ledger than {self.ledger.path}")
        self.journal.cut(self.position if found is not None else -1, self.segment.index)

    def _anyone_stops(self) -> bool:
        self.stopping |= self.place.rank == 0 and self.job.stop_file.exists()
        if self.place.world_size == 1:
            return self.stopping
        flag = torch.tensor(int(self.stopping), device=self.place.device)
        distributed.all_reduce(flag, op=distributed.ReduceOp.MAX)
        return bool(flag)


def _check_batch(name: str, run: Run, place: Place) -> None:
    if run.batch % (place.data_size * run.micro_batch):
        raise UserError(
            f"runs.{name}.batch: {run.batch} sequences cannot be divided over {place.data_size} copies "
            f"of the model in micro-batches of {run.micro_batch}"
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
