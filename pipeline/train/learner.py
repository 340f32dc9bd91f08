"""The learner: a model, its optimizer, and one step of training on tokens that others have chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from pipeline.recipe import Run
from pipeline.stream.boundaries import counted, document_of
from pipeline.stream.reader import Batch, Tokens
from pipeline.train.batches import forward_backward
from pipeline.train.job import Job
from pipeline.train.kernels import choose
from pipeline.train.layout import Layout
from pipeline.train.model import build_model
from pipeline.train.optimizer import build_optimizer, set_learning_rate, step, zero_gradients
from pipeline.train.settings import Kernels
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


@dataclass
class Learner:
    """What changes while a run trains."""

    model: Any
    optimizer: Any
    kernels: Kernels
    """Which implementation computes what."""

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
        return cls(model, optimizer, kernels)

    def step(self, run: Run, batch: Batch, tokens: Tokens, learning_rate: float) -> Learned:
        """Make one optimizer step on this copy's share of a batch; ``tokens`` are the batch's, int64."""
        set_learning_rate(self.optimizer, learning_rate)
        zero_gradients(self.model, self.optimizer)
        loss = forward_backward(
            self.model,
            torch.from_numpy(tokens),
            micro_batch_size=run.micro_batch,
            loss_mask=torch.from_numpy(counted(batch, run.attention)) if run.has_uncounted else None,
            documents=torch.from_numpy(document_of(batch)[:, :-1]) if run.attention == "document" else None,
        )
        return Learned(loss.mean, step(self.optimizer))
