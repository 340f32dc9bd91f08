"""The sides of a measurement: one training step of ours, of a plain torch loop, and of Hugging Face's Trainer.

All take the same architecture, tokens [sequences, length + 1] and precision; the plain loop is what a good engineer
writes around LlamaForCausalLM: fused attention and AdamW, clipping, nothing else.
"""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any, NamedTuple

import torch
from transformers import LlamaConfig, LlamaForCausalLM, Trainer, TrainerCallback, TrainingArguments

from pipeline.train.architecture import Architecture
from pipeline.train.batches import forward_backward
from pipeline.train.kernels import choose
from pipeline.train.layout import Layout
from pipeline.train.model import Precision, build_model
from pipeline.train.optimizer import build_optimizer, set_learning_rate, step, zero_gradients
from pipeline.train.settings import AdamW, Kernels


class Seconds(NamedTuple):
    """How long something took."""

    wall: float
    processor: float
    """Seconds of processors of all threads: with one thread what the wall clock would show on an idle machine."""

    @classmethod
    def now(cls) -> Seconds:
        return cls(time.perf_counter(), time.process_time())

    def since(self, began: Seconds) -> Seconds:
        return Seconds(self.wall - began.wall, self.processor - began.processor)

    def best(self, other: Seconds) -> Seconds:
        return Seconds(min(self.wall, other.wall), min(self.processor, other.processor))


Step = Callable[[], Seconds]
"""Makes one step; returns what it took."""


def timed(work: Callable[[], Any]) -> Step:
    def run() -> Seconds:
        began = Seconds.now()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        return Seconds.now().since(began)

    return run


def ours(
    architecture: Architecture,
    tokens: torch.Tensor,
    *,
    micro_batch: int,
    precision: Precision = "fp32",
    kernels: Kernels | None = None,
    layout: Layout | None = None,
    documents: torch.Tensor | None = None,
) -> Step:
    layout = layout or Layout()
    chosen = choose(kernels or Kernels(), tensor_parallel=layout.tensor)
    model = build_model(architecture, layout=layout, seed=1, precision=precision, kernels=chosen)
    optimizer = build_optimizer(model, AdamW())

    def work() -> None:
        set_learning_rate(optimizer, 1e-4)
        zero_gradients(model, optimizer)
        forward_backward(model, tokens, micro_batch_size=micro_batch, documents=documents)
        step(optimizer)

    return timed(work)


def hugging_face(architecture: Architecture) -> LlamaForCausalLM:
    config = LlamaConfig(**architecture.to_hugging_face_config(), attn_implementation="sdpa")
    return LlamaForCausalLM(config).train()


def plain_loop(architecture: Architecture, tokens: torch.Tensor) -> Step:
    model = hugging_face(architecture)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)

    def work() -> None:
        optimizer.zero_grad()
        logits = model(tokens[:, :-1], use_cache=False).logits
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return timed(work)


class _Stopwatch(TrainerCallback):  # type: ignore[misc]
    def __init__(self) -> None:
        self.seconds: list[Seconds] = []

    def on_step_begin(self, *args: Any, **kwargs: Any) -> None:
        self.began = Seconds.now()

    def on_step_end(self, *args: Any, **kwargs: Any) -> None:
        self.seconds.append(Seconds.now().since(self.began))


def trainer(architecture: Architecture, tokens: torch.Tensor, folder: str) -> Step:
    """Hugging Face's Trainer; a call makes two steps and returns the faster, as the first of a call sets things up."""
    rows = [{"input_ids": row[:-1], "labels": row[:-1]} for row in tokens]
    arguments = TrainingArguments(
        folder,
        max_steps=2,
        per_device_train_batch_size=len(rows),
        use_cpu=not torch.cuda.is_available(),
        optim="adamw_torch_fused",
        report_to=[],
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
        seed=1,
    )
    model = hugging_face(architecture)

    def run() -> Seconds:
        watch = _Stopwatch()
        with redirect_stdout(sys.stderr):  # it prints what it made of it
            Trainer(model, arguments, train_dataset=rows, callbacks=[watch]).train()
        return functools.reduce(Seconds.best, watch.seconds)

    return run


def best_of_turns(sides: dict[str, Step], turns: int) -> dict[str, Seconds]:
    """Return the best seconds of each, all taking turns, so that other work on the machine hits them alike."""
    best = dict.fromkeys(sides, Seconds(float("inf"), float("inf")))
    for _ in range(turns):
        for name, run in sides.items():
            best[name] = best[name].best(run())
    return best
