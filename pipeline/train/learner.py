"""The learner: a model, its optimizer, and one step of training on tokens that others have chosen."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import torch

from pipeline.errors import WorkError
from pipeline.recipe import Run
from pipeline.stream.boundaries import counted, document_of
from pipeline.stream.reader import Batch, Tokens
from pipeline.train.batches import forward_backward
from pipeline.train.job import Job
from pipeline.train.kernels import choose
from pipeline.train.layout import Layout
from pipeline.train.model import build_model
from pipeline.train.moving_average import MovingAverage
from pipeline.train.optimizer import build_optimizer, set_learning_rate, step, step_if, zero_gradients
from pipeline.train.parallel import as_first_rank
from pipeline.train.settings import Kernels
from pipeline.train.spike_guard import Place, Spikes
from pipeline.train.start import architecture_of
from pipeline.train.start_optimizer import start_optimizer
from pipeline.train.weights import load_hugging_face


@dataclass(frozen=True)
class Learned:
    """What one step came to."""

    loss: float
    """Nats per predicted token, before the step."""
    gradient_norm: float
    """Before clipping."""
    skipped: str | None
    """Why the update was kept back; None where it was made."""

    @property
    def measured(self) -> dict[str, Any]:
        """Loss and gradient norm as JSON values, None for what is no number, and whether the update was kept back."""
        values = {"loss": self.loss, "gradient_norm": self.gradient_norm}
        finite = {name: value if math.isfinite(value) else None for name, value in values.items()}
        return {**finite, "skipped": True} if self.skipped else finite


@dataclass
class Learner:
    """What changes while a run trains."""

    model: Any
    optimizer: Any
    kernels: Kernels
    """Which implementation computes what."""
    average: MovingAverage | None
    spikes: Spikes = field(default_factory=Spikes)

    @classmethod
    def build(cls, job: Job, seed: int, *, resumes: bool) -> Learner:
        """Make model and optimizer as the run starts; raise UserError where the start does not fit the recipe.

        Where it ``resumes``, a checkpoint of its own brings the optimizer's state.
        """
        architecture = architecture_of(job)
        layout = Layout(**job.layout)
        kernels = choose(job.run.kernels, tensor_parallel=layout.tensor)
        model = build_model(architecture, precision=job.run.precision, layout=layout, seed=seed, kernels=kernels)
        if job.start is not None:
            load_hugging_face(model, architecture, job.start)
        optimizer = build_optimizer(model, job.run.optimizer)
        if not resumes:
            start_optimizer(job, architecture, model, optimizer)
        return cls(model, optimizer, kernels, MovingAverage(model) if job.run.moving_average else None)

    def step(self, run: Run, batch: Batch, tokens: Tokens, learning_rate: float, place: Place) -> Learned:
        """Make one optimizer step on this copy's share of a batch; ``tokens`` are the batch's, int64.

        Raises WorkError where the loss or the gradient is no number and no guard keeps the update back.
        """
        set_learning_rate(self.optimizer, learning_rate)
        zero_gradients(self.model, self.optimizer)
        loss = forward_backward(
            self.model,
            torch.from_numpy(tokens),
            micro_batch_size=run.micro_batch,
            loss_mask=torch.from_numpy(counted(batch, run.attention)) if run.has_uncounted else None,
            documents=torch.from_numpy(document_of(batch)[:, :-1]) if run.attention == "document" else None,
        )
        return self._update(run, place, loss.mean)

    def _update(self, run: Run, place: Place, loss: float) -> Learned:
        """Change the weights by the gradient that has been added up, unless the guard keeps it back."""
        reason = None
        if run.spike_guard is None:
            norm = step(self.optimizer)
            if not (math.isfinite(loss) and math.isfinite(norm)):
                raise WorkError(f"loss {loss}, gradient norm {norm}; `spike_guard` skips such steps where they are few")
        else:
            guard = run.spike_guard

            def allows(norm: float) -> bool:
                nonlocal reason
                reason = self.spikes.judge(guard, place, loss, norm)
                return as_first_rank(reason is None)

            norm = step_if(self.optimizer, allows)
        if self.average is not None and run.moving_average is not None and reason is None:
            self.average.update(run.moving_average.decay)
        return Learned(loss, norm, reason)
