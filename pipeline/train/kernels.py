"""Kernels: which implementation computes attention, norms and the loss, chosen by what this machine has.

Torch's own are always there. Liger's need its package and CUDA; Transformer Engine has no wheel that pip installs
everywhere and is used only where it is asked for by name, and not between documents. SwiGLU has no choice: it is
compiled on CUDA, and on a CPU compiling costs more than it gives.
"""

from __future__ import annotations

from importlib.util import find_spec

import torch

from pipeline.errors import UserError
from pipeline.train.settings import Kernels

_PACKAGES = {"liger": ("liger_kernel", "liger-kernel"), "transformer_engine": ("transformer_engine", "its own guide")}
_MADE_BY_NAME = {"transformer_engine"}


def choose(asked: Kernels, *, tensor_parallel: int) -> Kernels:
    """Return kernels without ``auto``; raise UserError naming all that were asked for and cannot be had here."""
    problems, chosen = [], {}
    for part, kernel in asked.model_dump().items():
        better = [name for name in _choices(part) if not _obstacle(part, name, tensor_parallel)]
        if kernel == "auto":
            chosen[part] = next((name for name in better if name not in _MADE_BY_NAME), "torch")
        elif kernel != "torch" and (obstacle := _obstacle(part, kernel, tensor_parallel)):
            problems.append(f"kernels.{part}: {kernel}: {obstacle}; found here: {', '.join(['torch', *better])}")
        else:
            chosen[part] = kernel
    if problems:
        raise UserError("\n".join(problems))
    return Kernels(**chosen)


def describe(kernels: Kernels, precision: str, device: torch.device) -> str:
    """Return the line that is printed at start."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    parts = ", ".join(f"{part} {kernel}" for part, kernel in kernels.model_dump().items())
    return f"kernels: {parts}, SwiGLU {'compiled' if device.type == 'cuda' else 'torch'}; {precision} on {name}"


def _choices(part: str) -> tuple[str, ...]:
    return ("transformer_engine",) if part == "attention" else ("liger",)


def _obstacle(part: str, kernel: str, tensor_parallel: int) -> str | None:
    """Return why this machine cannot compute a part so, None where it can."""
    module, source = _PACKAGES[kernel]
    if not torch.cuda.is_available():
        return "needs CUDA"
    if find_spec(module) is None:
        return f"is not installed (see {source})" if kernel in _MADE_BY_NAME else f"is not installed (pip: {source})"
    if part == "loss" and tensor_parallel > 1:
        return "takes a whole vocabulary, and tensor parallelism divides it"
    return None
