"""Stretches: the rises and falls that schedules are put together from, exact at both ends."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

Shape = Literal["one_minus_sqrt", "linear", "cosine", "exponential"]
"""How a value falls. ``exponential`` needs a floor above 0."""

_LEFT: dict[str, Callable[[float], float]] = {
    "one_minus_sqrt": lambda x: 1.0 - math.sqrt(x),
    "linear": lambda x: 1.0 - x,
    "cosine": lambda x: 0.5 * (1.0 + math.cos(math.pi * x)),
}
"""Part of the way down that is left after a part ``x`` of the stretch."""


def rise(low: float, high: float, tokens: int, length: int) -> float:
    """Return the value after ``tokens`` of a straight rise of ``length`` tokens."""
    return high if tokens >= length else low + (high - low) * tokens / length


def fall(shape: Shape, high: float, low: float, tokens: int, length: int) -> float:
    """Return the value after ``tokens`` of a fall of ``length`` tokens.

    ``one_minus_sqrt`` is low + (high - low) (1 - sqrt(x)) (YuLan-Mini 2412.17743, section 2.3); ``exponential`` is
    high (low / high)^x, as infinite schedules anneal (2403.08763).
    """
    if tokens <= 0:
        return high
    if tokens >= length:
        return low
    x = tokens / length
    if shape == "exponential":
        return high * math.pow(low / high, x)
    return low + (high - low) * _LEFT[shape](x)


def floor_problem(shape: Shape, floor: float, high: float, name: str = "peak") -> str | None:
    """Return what is wrong with the end of a fall from the value of this name, or None."""
    if floor > high:
        return f"floor {floor:g} is above {name} {high:g}"
    if shape == "exponential" and floor == 0:
        return "an exponential fall never reaches 0; give a floor above 0, or another shape"
    return None
