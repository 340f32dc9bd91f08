"""What this machine has, as far as it can be told without torch."""

from __future__ import annotations

import glob
import os
from pathlib import Path

SLOWER_ON_CPU = 5
"""About how many times longer a step takes in bf16 than in fp32 on a CPU without instructions for it: 2 with the rest
of AVX-512, 4 to 10 without, by the model's size; with them it takes less (tests/bench/results/precision.json)."""
_FAST = {"avx512_bf16", "amx_bf16", "bf16"}
"""Flags of a processor that multiplies in bf16, of Intel and AMD, and of ARM."""
_DEVICES = ("/dev/nvidia[0-9]*", "/proc/driver/nvidia/gpus/*", "/dev/dxg", "/dev/kfd")
"""What is there where a driver of NVIDIA (under WSL too) or AMD has found a GPU."""


def has_gpu() -> bool:
    """Return whether a GPU seems to be here, and is not hidden."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1")
    return not hidden and any(map(glob.glob, _DEVICES))


def slow_precision(precision: str) -> str | None:
    """Return what is said of a number format that a CPU is slow with; None where nothing is."""
    if precision != "bf16":
        return None
    where = " where the processor has no instructions for it (this one has)" if has_fast_bf16() else ""
    return f"bf16 on a CPU takes about {SLOWER_ON_CPU} times as long as fp32{where}; for a CPU write `precision: fp32`"


def has_fast_bf16() -> bool:
    """Return whether the processor has what makes bf16 no slower than fp32."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    flags = {flag for line in text.splitlines() if line.startswith(("flags", "Features")) for flag in line.split()[2:]}
    return not flags.isdisjoint(_FAST)
