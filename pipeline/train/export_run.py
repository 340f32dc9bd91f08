"""Exporting from a run's checkpoints on demand: the last one, the mean of the last few, or the moving average.

The mean of a few neighbouring checkpoints is often better than the last one alone, above all where the learning rate
has not decayed (YuLan-Mini, 2412.17743, releases such a mean). It is taken in fp32, and a run must have kept them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from pipeline.errors import UserError, WorkError
from pipeline.stream.open_run import run_folder
from pipeline.stream.segment import count_segments, run_of
from pipeline.train import checkpoint, parallel
from pipeline.train.architecture import Architecture
from pipeline.train.export import LARGEST_DIFFERENCE, difference
from pipeline.train.layout import Layout
from pipeline.train.model import build_model, unwrap
from pipeline.train.moving_average import MovingAverage
from pipeline.train.weights import export_hugging_face

COMPARED_TOKENS = 64


def export_run(path: Path, target: Path, *, average: int = 1, moving: bool = False) -> list[str]:
    """Write a Hugging Face folder from ``ROOT/runs/<run>``, finished or not; return the checkpoints it is made of.

    Raises UserError where the run has too few complete checkpoints or no moving average, or `target` exists.
    """
    if target.exists():
        raise UserError(f"{target}: exists; an export never overwrites")
    folder = run_folder(path)
    found = checkpoint.published(folder / "checkpoints")[-average:]
    if len(found) < average:
        raise UserError(
            f"{path}: holds {len(found)} complete checkpoints, --average asks for {average}; a run keeps as many as "
            "its keep_checkpoints says"
        )
    architecture = Architecture.model_validate(checkpoint.describe(found[-1])["extra"]["architecture"])
    precision = run_of(folder, count_segments(folder) - 1).precision
    parallel.initialize(Layout(), 0)
    try:
        layout = Layout(distributed_optimizer=False)
        model = build_model(architecture, precision=precision, layout=layout, seed=0)
        fill(model, found, moving=moving)
        tokenizer = path.resolve().parents[1] / "tokenizer"
        export_hugging_face(model, architecture, target, precision=precision, companions=tokenizer)
        tokens = torch.arange(min(COMPARED_TOKENS, architecture.max_sequence_length)) % architecture.vocabulary_size
        largest = difference(unwrap(model), target, tokens[None])
    finally:
        parallel.shutdown()
    if not largest <= LARGEST_DIFFERENCE[precision]:
        raise WorkError(f"{target}: logits differ by {largest:.3g}, allowed {LARGEST_DIFFERENCE[precision]:g}")
    return [one.name for one in found]


def fill(model: Any, checkpoints: list[Path], *, moving: bool) -> None:
    """Give the model the mean of some checkpoints' weights, or of their moving averages."""
    parameters = list(unwrap(model).parameters())
    total = [torch.zeros_like(parameter, dtype=torch.float32) for parameter in parameters]
    for one in checkpoints:
        if moving:
            average = MovingAverage(model)
            checkpoint.load_average(one, model, average)
            weights = average.weights
        else:
            checkpoint.load_weights(one, model)
            weights = [parameter.detach().float() for parameter in parameters]
        torch._foreach_add_(total, weights)
    with torch.no_grad():
        for parameter, weight in zip(parameters, total, strict=True):
            parameter.copy_(weight / len(checkpoints))
