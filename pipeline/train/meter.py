"""The meter: what a training step cost, in time, arithmetic and memory.

FLOPs are counted in both conventions in use: ``full`` takes the whole attention square, 6 N + 12 L H D s a token
(PaLM), ``causal`` the half that is needed, 6 N + 6 L H D s (Megatron-LM). Neither counts what is computed twice or
what document masks leave out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import psutil
import torch

from pipeline.train.accelerators import peak_flops
from pipeline.train.architecture import Architecture
from pipeline.train.parallel import Place

CONVENTIONS: tuple[Literal["full"], Literal["causal"]] = ("full", "causal")


@dataclass(frozen=True)
class Meter:
    """Measures the steps of one model on the processes of one run."""

    architecture: Architecture
    place: Place
    peak: float | None
    """FLOP/s of one device; None where nobody has written it down, as for CPUs."""

    @classmethod
    def of(cls, architecture: Architecture, place: Place, precision: Literal["fp32", "bf16"]) -> Meter:
        """Return the meter for the device of this process."""
        name = torch.cuda.get_device_name() if place.device.type == "cuda" else "CPU"
        return cls(architecture, place, peak_flops(name, precision))

    def measured(self, sequence_length: int, tokens: int, seconds: float, data_seconds: float) -> dict[str, Any]:
        """Return the fields of a step over ``tokens`` of all processes; rates of FLOPs are those of one device.

        ``data_seconds`` is the part of the time in which the batch was fetched. Memory is the most that was allocated
        on the device since the start, on a CPU what the process holds now.
        """
        fields: dict[str, Any] = {
            "tokens": tokens,
            "seconds": seconds,
            "data_seconds": data_seconds,
            "tokens_per_second": tokens / seconds,
            "memory_bytes": self._memory(),
        }
        for convention in CONVENTIONS:
            flops = self.architecture.flops_per_token(sequence_length, convention) * tokens
            rate = flops / seconds / self.place.world_size
            fields |= {f"flops_{convention}": rate, f"mfu_{convention}": rate / self.peak if self.peak else None}
        return fields

    def _memory(self) -> int:
        if self.place.device.type == "cuda":
            return torch.cuda.max_memory_allocated()
        return int(psutil.Process().memory_info().rss)


def as_text(fields: dict[str, Any]) -> str:
    """Return arithmetic, memory and the share of time that waiting for data took, for a line of progress."""
    if fields["mfu_full"] is None:
        work = f"{fields['flops_full'] / 1e9:,.2f} GFLOP/s full {fields['flops_causal'] / 1e9:,.2f} causal"
    else:
        work = f"MFU {fields['mfu_full']:.1%} full {fields['mfu_causal']:.1%} causal"
    wait = fields["data_seconds"] / fields["seconds"]
    return f"{work}, {fields['memory_bytes'] / 2**30:.2f} GiB, wait {wait:.1%}"
