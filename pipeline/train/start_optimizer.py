"""What the optimizer of a new run starts from: nothing, or what the one of the run before it remembered.

A count that went back to 0 would make Adam take old moments for young ones and step twice as far, so it stays.
"""

from __future__ import annotations

from typing import Any

from pipeline.errors import UserError
from pipeline.train import checkpoint
from pipeline.train.architecture import Architecture
from pipeline.train.job import Job
from pipeline.train.weights import load_hugging_face


def start_optimizer(job: Job, architecture: Architecture, model: Any, optimizer: Any) -> None:
    """Fill the optimizer as ``start`` asks; the model holds the exported weights of the run it starts from."""
    start = job.run.start
    if start.kind != "run" or start.optimizer == "reset":
        return
    folder = job.root / "runs" / start.run
    found = checkpoint.latest(folder / "checkpoints")
    if found is None:
        raise UserError(
            f"runs.{job.run_name}.start.optimizer: found {start.optimizer}, and {folder} has no complete checkpoint; "
            "allowed without one is reset"
        )
    checkpoint.load(found, model, optimizer)
    if start.optimizer == "moments":
        assert job.start is not None
        load_hugging_face(model, architecture, job.start)
        optimizer.reload_model_params()
