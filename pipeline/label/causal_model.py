"""A causal model that scores: nats of every token that windows ask to predict, without logits for anything else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from pipeline.errors import UserError
from pipeline.label.length_batches import Window, batches, padded
from pipeline.train.architecture import Architecture
from pipeline.train.checkpoint_folder import problems_of

Precision = Literal["fp32", "bf16"]
LOGITS = 1 << 26
"""Most logits at a time: 256 MiB in float32, whatever the vocabulary."""


class CausalModel:
    """A Llama-style checkpoint in memory, on the GPU if there is one."""

    def __init__(self, folder: Path, precision: Precision, threads: int) -> None:
        if problems := problems_of(folder):
            raise UserError("\n".join(problems))
        architecture = Architecture.from_hugging_face(folder)
        self.longest = architecture.max_sequence_length
        self.vocabulary_size = architecture.vocabulary_size
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.set_num_threads(max(threads, 1))
        self._body, self._head = _load(folder, torch.float32 if precision == "fp32" else torch.bfloat16, self._device)
        self._alone = Lock()

    def nats(self, windows: Sequence[Window], batch_tokens: int) -> npt.NDArray[np.float64]:
        """Return the negative log likelihood of each window's predicted tokens, summed, in nats."""
        found: list[Tensor] = []
        order: list[int] = []
        with self._alone, torch.inference_mode():
            for batch in batches(windows, batch_tokens):
                found.append(self._batch([windows[i] for i in batch]))
                order += batch
            measured = torch.cat(found).cpu().numpy() if found else np.zeros(0)
        sums = np.zeros(len(windows), dtype=np.float64)
        sums[order] = measured
        return sums

    def _batch(self, windows: Sequence[Window]) -> Tensor:
        """Return the sums of one batch on the device, without waiting for them."""
        ids, predicted = padded(windows)
        tokens = self._to_device(ids)
        places = self._to_device(np.flatnonzero(predicted))
        hidden = self._body(input_ids=tokens[:, :-1], use_cache=False).last_hidden_state
        losses = self._losses(hidden.flatten(0, 1)[places], tokens[:, 1:].flatten()[places])
        # Summed row by row: adding up by index is not deterministic on a GPU.
        rows = torch.zeros(predicted.size, dtype=torch.float64, device=self._device)
        rows[places] = losses.double()
        return rows.view(predicted.shape).sum(1)

    def _to_device(self, values: npt.NDArray[np.int64]) -> Tensor:
        tensor = torch.from_numpy(values)
        return tensor.pin_memory().to(self._device, non_blocking=True) if self._device.type == "cuda" else tensor

    def _losses(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """Return nats of each target [tokens], from hidden states [tokens, width]."""
        rows = max(1, LOGITS // self.vocabulary_size)
        parts = [
            functional.cross_entropy(self._head(some).float(), wanted, reduction="none")
            for some, wanted in zip(hidden.split(rows), targets.split(rows), strict=True)
        ]
        return torch.cat(parts)


def _load(folder: Path, dtype: torch.dtype, device: torch.device) -> tuple[torch.nn.Module, torch.nn.Module]:
    """Return the blocks with their embedding, and the output layer."""
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, attn_implementation="sdpa", local_files_only=True
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise UserError(f"{folder}: cannot be loaded as a model: {str(error).strip().splitlines()[0]}") from error
    model.to(device).eval()
    return model.model, model.lm_head
