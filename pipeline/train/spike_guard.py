"""The spike guard: keeps a step's update back where its loss or gradient is far outside of what came shortly before.

Far is told by the median and the median absolute deviation (MAD) of recent steps, which one spike hardly moves:
value > median + sigmas * 1.4826 * MAD, and 1.4826 MAD is the standard deviation of normal values. Only the losses and
norms decide, so what was skipped can be derived again from a run's metrics.
"""

from __future__ import annotations

import math
from collections import deque
from statistics import median
from typing import Any

from pipeline.errors import WorkError
from pipeline.train.settings import SpikeGuard

LEAST_DEVIATION = 1e-3
"""Least standard deviation, as a part of the median: equal values are no reason to skip what differs in rounding."""
Place = tuple[int, int]
"""(segment, phase): text may change from one to the next, and with it the loss, so memory does not reach across."""


class Spikes:
    """What the guard remembers: recent losses and gradient norms, skipped ones too."""

    def __init__(self) -> None:
        self._place: Place | None = None
        self._recent: deque[tuple[float, float]] = deque()
        self._in_a_row = 0

    def judge(self, guard: SpikeGuard, place: Place, loss: float, norm: float) -> str | None:
        """Return why this step's update is kept back, None where it is made; call it once a step, in order.

        Raises WorkError where more steps in a row than the guard's patience have a loss or gradient that is no number.
        """
        if place != self._place:
            self._place, self._in_a_row = place, 0
            self._recent.clear()
        reason = self._reason(guard, loss, norm)
        finite = math.isfinite(loss) and math.isfinite(norm)
        self._in_a_row = self._in_a_row + 1 if reason else 0
        if self._in_a_row > guard.patience:
            if not finite:
                raise WorkError(f"{reason}, {self._in_a_row} steps in a row: the model or its numbers are broken")
            # So many together are no spike but another level, and what was usual before says nothing about it.
            reason, self._in_a_row = None, 0
            self._recent.clear()
        if finite:
            self._recent.append((loss, norm))
        while len(self._recent) > guard.window:
            self._recent.popleft()
        return reason

    def _reason(self, guard: SpikeGuard, loss: float, norm: float) -> str | None:
        for index, (name, value) in enumerate((("loss", loss), ("gradient norm", norm))):
            if not math.isfinite(value):
                return f"{name} {value}"
            if len(self._recent) < guard.window // 2:
                continue
            limit = limit_of([pair[index] for pair in self._recent], guard.sigmas)
            if value > limit:
                return f"{name} {value:.4g} above {limit:.4g}"
        return None

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps, as JSON values."""
        return {"place": self._place, "recent": list(self._recent), "in_a_row": self._in_a_row}

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Spikes:
        """Return what `state` described."""
        spikes = cls()
        spikes._place = tuple(state["place"]) if state["place"] else None
        spikes._recent = deque((loss, norm) for loss, norm in state["recent"])
        spikes._in_a_row = state["in_a_row"]
        return spikes


def limit_of(values: list[float], sigmas: float) -> float:
    """Return the greatest value that is no spike after these."""
    middle = median(values)
    deviation = 1.4826 * median(abs(value - middle) for value in values)
    return middle + sigmas * max(deviation, LEAST_DEVIATION * abs(middle))
