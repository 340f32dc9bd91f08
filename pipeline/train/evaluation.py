"""Evaluation: held-out loss of every slice before and after a run, measured by transformers on the exported models.

Training measures with Megatron; measuring again with another implementation on what users will load keeps both honest.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from pipeline.progress import Progress
from pipeline.stream.slice_table import load_slices
from pipeline.stream.validation import ValidationSet, validation_sets
from pipeline.train.job import Job

SEQUENCES = 4
"""Sequences in one forward pass."""


def evaluate(job: Job) -> None:
    """Write ``evaluation.json``: loss, perplexity and bits per byte of each slice before and after a run."""
    slices = load_slices(job.root / "stream" / job.run_name)
    sets = validation_sets(
        job.root, slices, limit=job.recipe.validation.tokens, sequence_length=job.run.sequence_length
    )
    sizes = _bytes(job.root / "models" / job.run_name, sets)
    after = _losses(job.root / "models" / job.run_name, sets, f"evaluate {job.run_name}")
    base = _losses(job.start, sets, f"evaluate start of {job.run_name}") if job.start is not None else {}
    rows = [_row(name, int(part.mask.sum()), sizes[name], base.get(name), after[name]) for name, part in sets.items()]
    text = json.dumps({"run": job.run_name, "slices": rows}, indent=1, ensure_ascii=False)
    (job.draft / "evaluation.json").write_text(text + "\n", encoding="utf-8")


def _bytes(folder: Path, sets: dict[str, ValidationSet]) -> dict[str, int]:
    """Return the length in UTF-8 of the text that each set asks to predict."""
    from transformers import AutoTokenizer

    decode = AutoTokenizer.from_pretrained(folder).decode
    return {
        name: sum(
            len(decode(row[1:][kept > 0].tolist()).encode()) for row, kept in zip(part.tokens, part.mask, strict=True)
        )
        for name, part in sets.items()
    }


def _row(name: str, tokens: int, size: int, base: float | None, after: float) -> dict[str, Any]:
    return {
        "slice": name,
        "tokens": tokens,
        "bytes": size,
        "base": None if base is None else _measures(base, tokens, size),
        "after": _measures(after, tokens, size),
        "change": None if base is None else after - base,
    }


def _measures(loss: float, tokens: int, size: int) -> dict[str, float]:
    return {"loss": loss, "perplexity": math.exp(loss), "bits_per_byte": loss * tokens / (math.log(2) * size)}


def _losses(folder: Path, sets: dict[str, ValidationSet], title: str) -> dict[str, float]:
    """Return nats per token of every set."""
    from transformers import AutoModelForCausalLM

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto").to(device).eval()
    losses = {}
    with Progress().task(title, sum(part.mask.size for part in sets.values()), "tokens") as task:
        for name, part in sets.items():
            losses[name] = held_out_loss(model, part)
            task.advance(part.mask.size, name)
    return losses


def held_out_loss(model: Any, part: ValidationSet) -> float:
    """Return the nats per token of a transformers model on one set."""
    total = 0.0
    for start in range(0, len(part.tokens), SEQUENCES):
        rows = torch.from_numpy(part.tokens[start : start + SEQUENCES]).to(model.device)
        mask = torch.from_numpy(part.mask[start : start + SEQUENCES]).to(model.device)
        with torch.no_grad():
            logits = model(rows[:, :-1]).logits.float()
        nats = functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten(), reduction="none")
        total += float((nats * mask.flatten()).double().sum())
    return total / float(part.mask.sum())
