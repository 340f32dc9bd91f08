"""Accelerators: what each can do at best, as its maker's data sheet says, without sparsity. No torch is needed here.

A share of the peak (MFU) means nothing without the peak it is a share of, so devices that are not listed have none.
"""

from __future__ import annotations

from typing import Literal

PEAKS: tuple[tuple[str, dict[str, float]], ...] = (
    # The first name that occurs in the device's own name counts, so narrower names stand first.
    ("H100 PCIe", {"bf16": 756e12, "fp32": 51e12}),
    ("H100 NVL", {"bf16": 835e12, "fp32": 60e12}),
    ("H100", {"bf16": 989e12, "fp32": 67e12}),
    ("H200", {"bf16": 989e12, "fp32": 67e12}),
    ("A100", {"bf16": 312e12, "fp32": 19.5e12}),
)
"""Part of a device's name, and its FLOP/s by number format: tensor cores for bf16, plain fp32 (no TF32)."""


def peak_flops(device: str, precision: Literal["fp32", "bf16"]) -> float | None:
    """Return the peak FLOP/s of a device by its own name (``NVIDIA H200``), None where it is not listed."""
    return next((peaks[precision] for name, peaks in PEAKS if name in device), None)
