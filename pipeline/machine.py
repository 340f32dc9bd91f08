"""What this machine has, as far as it can be told without torch."""

from __future__ import annotations

import os

SLOWER_ON_CPU = 5
"""About how many times longer a step takes in bf16 than in fp32 on a CPU; tests/bench/results/precision.json."""
_DEVICES = ("/proc/driver/nvidia/gpus", "/dev/nvidia0", "/dev/dxg", "/dev/kfd")
"""What is there where a driver of NVIDIA (under WSL too) or AMD has found a GPU."""


def has_gpu() -> bool:
    """Return whether a GPU seems to be here, and is not hidden."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1")
    return not hidden and any(map(os.path.exists, _DEVICES))


def slow_precision(precision: str) -> str | None:
    """Return what is said of a number format that a CPU is slow with; None where nothing is."""
    if precision != "bf16":
        return None
    return f"bf16 on a CPU takes about {SLOWER_ON_CPU} times as long as fp32; to train on a CPU write `precision: fp32`"
