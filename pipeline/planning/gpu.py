"""GPUs: what a plan has to know of each kind, from its maker's data sheet (SXM boards, eight to a machine)."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.train.accelerators import PEAKS

MACHINE = 8
"""GPUs that one machine holds and NVLink joins."""
GIB = 1 << 30


@dataclass(frozen=True)
class Gpu:
    """One kind of GPU."""

    memory: int
    """Bytes that CUDA reports."""
    peak: dict[str, float]
    """Precision -> dense FLOP/s. fp32 is without tensor cores, as torch computes by default."""
    inside: float
    """Bytes/s to the others of its machine, one way."""
    between: float
    """Bytes/s to other machines, one way: one network port a GPU."""


GPUS = {
    "h100": Gpu(round(79.1 * GIB), dict(PEAKS)["H100"], 450e9, 50e9),
    "h200": Gpu(round(139.8 * GIB), dict(PEAKS)["H200"], 450e9, 50e9),
    "a100": Gpu(round(79.2 * GIB), dict(PEAKS)["A100"], 300e9, 25e9),
}
"""Name -> kind. A100 is the one with 80 GB."""
