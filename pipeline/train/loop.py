"""The training loop: rounds from the director, steps from the reader, and everything needed to go on at any step.

Only rank 0 writes; every rank sees the same record because it is broadcast, not read back from a file.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import distributed

from pipeline import seeds
from pipeline.errors import UserError, WorkError
from pipeline.machine import slow_precision
from pipeline.progress import Progress, Task
from pipeline.recipe import Run
from pipeline.stream.ledger import Ledger, Record
from pipeline.stream.open_run import cursors_after, open_reader
from pipeline.stream.reader import Batch, Reader, Tokens, digests
from pipeline.stream.segment import Segment, load_segment
from pipeline.stream.turn import segment_after
from pipeline.train import checkpoint, parallel
from pipeline.train.embedding_rows import describe_rows
from pipeline.train.job import Job, note_copies
from pipeline.train.journal import Journal
from pipeline.train.kernels import describe
from pipeline.train.layout import Layout
from pipeline.train.learner import Learner
from pipeline.train.learning_rates import LearningRates
from pipeline.train.meter import Meter, as_text
from pipeline.train.parallel import Place
from pipeline.train.saving import publish, resume, save
from pipeline.train.stability import Stability, watching
from pipeline.train.start import architecture_of
from pipeline.train.stopping import stop_on_signal
from pipeline.train.trackers import open_trackers
from pipeline.train.validator import Validator


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
    progress: Progress
    meter: Meter
    position: int = 0
    round: Record | None = None
    """The round under way."""
    stopping: bool = False
    saving: checkpoint.Saving | None = None
    """The checkpoint that is being written in the background."""

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
            progress=Progress(quiet=place.rank != 0),
            meter=Meter.of(architecture_of(job), place, job.run.precision),
        )
        resume(loop, found)
        loop.journal.track(lambda: open_trackers(job, loop.steps))
        return loop

    def run(self) -> bool:
        """Train round after round; return False if stopped early."""
        self.progress.say("  " + describe(self.learner.kernels, self.segment.run.precision, self.place.device))
        if self.place.device.type == "cpu" and (slow := slow_precision(self.segment.run.precision)):
            self.progress.say(f"  warning: {slow}")
        coming = self._coming()
        title = f"train {self.job.run_name}"
        with closing(self.journal), self.progress.task(title, self.segment.run.tokens, "tokens", every=1.0) as task:
            task.skip(self._trained())
            if coming is not None and (self.enter(coming) or self.position == 0):
                self._validate(task)
            while coming is not None:
                self._heed_alarm()
                run, record = self.segment.run, self._record()
                if not self._round(record, task):
                    save(self)
                    return False
                coming = self._coming()
                amended = coming is not None and self.enter(coming)
                if coming is None or amended or (record.round + 1) % run.validate_every == 0:
                    self._validate(task)
                if coming is None or (record.round + 1) % run.checkpoint_every == 0:
                    save(self, in_background=coming is not None and bool(self.job.layout.get("background_saving")))
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

    def enter(self, index: int) -> bool:
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
        self.round = record
        self.reader.begin_round(record)
        return record

    def _round(self, record: Record, task: Task) -> bool:
        """Train to the end of a round; return False if a stop was asked for on any rank."""
        tokens = record.batch * record.sequence_length
        while self.position < record.end:
            begun = time.perf_counter()
            batch = self.reader.share(self.position, record.batch, self.place.data_rank, self.place.data_size)
            block = self.reader.block(batch).astype(np.int64)
            waited = time.perf_counter() - begun
            note = self._step(record, batch, block)
            seconds = time.perf_counter() - begun
            speed = self.meter.measured(record.sequence_length, tokens, seconds, waited)
            self.journal.write("speed", self.steps, {"step": self.steps, "position": self.position, **speed})
            task.advance(tokens, f"{note}, {as_text(speed)}")
            if self._anyone_stops():
                return False
        return True

    def _step(self, record: Record, batch: Batch, tokens: Tokens) -> str:
        """Make one optimizer step, write its metrics, and return a line about it."""
        run, done = self.segment.run, self._trained_in(record)
        per_step = record.batch * record.sequence_length
        # The middle of the step: its mean rate, and no first step at zero.
        rate = self.rates.value(record, done + per_step // 2)
        with self._watching(self.steps + 1) as stability:
            learned = self.learner.step(run, batch, tokens, rate, (record.segment, record.phase))
        digest = parallel.sum_over_copies(digests(batch.placements.positions, tokens))
        self.position += record.batch
        where = {"step": self.steps, "position": self.position}
        made = {**where, **learned.measured}
        metrics = {**made, "tokens": done + per_step, "learning_rate": rate, "digest": digest}
        self.journal.write("metrics", self.steps, metrics)
        if learned.skipped:
            self.journal.write("skipped", self.steps, {**made, "sequences": record.batch, "reason": learned.skipped})
            self.progress.say(f"  step {self.steps}: update skipped: {learned.skipped}")
        if stability is not None:
            self.journal.write("stability", self.steps, {**where, **stability.gathered()})
        return f"step {self.steps}, loss {learned.loss:.4f}, rate {rate:.3g}, norm {learned.gradient_norm:.3g}"

    def _watching(self, step: int) -> AbstractContextManager[Stability | None]:
        every = self.segment.run.stability_every
        return watching(self.learner.model) if every and step % every == 0 else nullcontext()

    @property
    def steps(self) -> int:
        """Optimizer steps made so far."""
        record = self.round
        if record is None or not record.position < self.position <= record.end:
            record = self.ledger.at(self.position - 1)
        return record.step + (self.position - record.position) // record.batch if record else 0

    def _validate(self, task: Task) -> None:
        """Measure the loss of every slice."""
        losses = self.validator.measure(lambda what: task.advance(0, what))
        alarm = {"forgotten": self.validator.ringing()} if self.validator.alarm else {}
        where = {"position": self.position, "segment": self.segment.index, "tokens": self._trained()}
        self.journal.write("validation", self.steps, {**where, "loss": losses, **alarm})

    def _heed_alarm(self) -> None:
        """Say that the forgetting alarm rings; raise WorkError, with everything saved, where it is to stop the run."""
        alarm, ringing = self.validator.alarm, self.validator.ringing()
        if not alarm or not ringing:
            return
        named = ", ".join(f"{source} {rise:.3f}" for source, rise in ringing.items())
        text = f"after {self._trained():,} tokens losses are above the base (nats per token): {named}"
        if alarm.action.kind == "stop":
            save(self)
            raise WorkError(
                f"the forgetting alarm ended training: {text}; {alarm.rise:g} is where it rings. Everything is saved; "
                "to go on, amend the run's mixture or its forgetting_alarm"
            )
        self.progress.say(f"  forgetting alarm: {text}; their shares are raised in the coming round")

    def _anyone_stops(self) -> bool:
        """Return whether a rank was asked to stop; publish a checkpoint once every rank has written its part."""
        self.stopping |= self.place.rank == 0 and self.job.stop_file.exists()
        flags = [self.stopping, self.saving is not None and not self.saving.is_written]
        if self.place.world_size > 1:
            seen = torch.tensor(flags, dtype=torch.int32, device=self.place.device)
            distributed.all_reduce(seen, op=distributed.ReduceOp.MAX)
            flags = seen.bool().tolist()
        stopping, writing = flags
        if not writing:
            publish(self)
        return stopping


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
