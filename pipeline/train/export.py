"""Export: the final weights as a Hugging Face folder, proved by comparing logits with the model they came from."""

from __future__ import annotations

import json
import shutil

import torch

from pipeline.errors import UserError, WorkError
from pipeline.stream.slice_table import load_slices
from pipeline.stream.validation import validation_sets
from pipeline.train import checkpoint, parallel
from pipeline.train.job import Job
from pipeline.train.layout import Layout
from pipeline.train.model import build_model, unwrap
from pipeline.train.start import architecture_of
from pipeline.train.weights import export_hugging_face

LARGEST_DIFFERENCE = {"fp32": 1e-4, "bf16": 0.25}
"""Largest difference between logits that still counts as equal; bf16 keeps 8 bits of a logit near 20."""
COMPARED_TOKENS = 512


def export(job: Job) -> None:
    """Write the newest checkpoint of a run as a Hugging Face folder and check its logits.

    Raises WorkError if they differ.
    """
    parallel.initialize(Layout(), 0)
    try:
        architecture = architecture_of(job)
        run_folder = job.root / "runs" / job.run_name
        found = checkpoint.latest(run_folder / "checkpoints")
        if found is None:
            raise UserError(f"{run_folder}: no complete checkpoint to export")
        model = build_model(
            architecture, precision=job.run.precision, layout=Layout(distributed_optimizer=False), seed=0
        )
        checkpoint.load_weights(found, model)
        target = job.draft / "model"
        shutil.rmtree(target, ignore_errors=True)  # what a killed export left
        export_hugging_face(model, architecture, target, precision=job.run.precision, companions=job.root / "tokenizer")
        tokens = _some_tokens(job)
        largest = difference(unwrap(model), target, tokens)
    finally:
        parallel.shutdown()
    for path in list(target.iterdir()):
        path.replace(job.draft / path.name)
    target.rmdir()
    if not largest <= LARGEST_DIFFERENCE[job.run.precision]:
        raise WorkError(
            f"export {job.run_name}: logits differ by {largest:.3g}, allowed {LARGEST_DIFFERENCE[job.run.precision]:g}"
        )
    report = {"max_logit_difference": largest, "tokens": tokens.numel(), "checkpoint": found.name}
    (job.draft / "parity.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _some_tokens(job: Job) -> torch.Tensor:
    """Return held-out tokens [1, up to 512] of the first slice that has any."""
    slices = load_slices(job.root / "stream" / job.run_name)
    sets = validation_sets(
        job.root, slices, limit=COMPARED_TOKENS, sequence_length=min(COMPARED_TOKENS, job.run.sequence_length)
    )
    if not sets:
        raise UserError(f"{job.root / 'stream' / job.run_name}: no held-out documents; raise validation.share")
    first = sets[min(sets)]
    return torch.from_numpy(first.tokens[:1, :-1])


def difference(model: torch.nn.Module, folder: object, tokens: torch.Tensor) -> float:
    """Return the largest difference between the two models' logits."""
    from transformers import AutoModelForCausalLM

    other = AutoModelForCausalLM.from_pretrained(folder, dtype="auto").to(tokens.device).eval()
    model.eval()
    with torch.no_grad():
        ours = model(tokens.to(parallel.device()), None, None).float().cpu()
        theirs = other(tokens).logits.float()
    if not torch.isfinite(ours).all():
        return float("inf")
    return float((ours - theirs).abs().max())
