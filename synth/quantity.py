"""A quantity: an exact number with a unit. Units are algebra: they multiply, divide, and refuse to be added unlike.

A unit is written with ``*``, ``/`` and whole exponents, such as ``J/kg/K`` or ``m/s^2``; every ``/`` divides by the
one unit behind it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

Dimensions = tuple[int, int, int, int, int, int]
"""Exponents of metre, kilogram, second, ampere, kelvin and mole."""

_UNITS: dict[str, tuple[Fraction, Dimensions]] = {
    "1": (Fraction(1), (0, 0, 0, 0, 0, 0)),
    "m": (Fraction(1), (1, 0, 0, 0, 0, 0)),
    "km": (Fraction(1000), (1, 0, 0, 0, 0, 0)),
    "cm": (Fraction(1, 100), (1, 0, 0, 0, 0, 0)),
    "mm": (Fraction(1, 1000), (1, 0, 0, 0, 0, 0)),
    "um": (Fraction(1, 10**6), (1, 0, 0, 0, 0, 0)),
    "nm": (Fraction(1, 10**9), (1, 0, 0, 0, 0, 0)),
    "kg": (Fraction(1), (0, 1, 0, 0, 0, 0)),
    "g": (Fraction(1, 1000), (0, 1, 0, 0, 0, 0)),
    "mg": (Fraction(1, 10**6), (0, 1, 0, 0, 0, 0)),
    "s": (Fraction(1), (0, 0, 1, 0, 0, 0)),
    "ms": (Fraction(1, 1000), (0, 0, 1, 0, 0, 0)),
    "min": (Fraction(60), (0, 0, 1, 0, 0, 0)),
    "h": (Fraction(3600), (0, 0, 1, 0, 0, 0)),
    "A": (Fraction(1), (0, 0, 0, 1, 0, 0)),
    "mA": (Fraction(1, 1000), (0, 0, 0, 1, 0, 0)),
    "K": (Fraction(1), (0, 0, 0, 0, 1, 0)),
    "mol": (Fraction(1), (0, 0, 0, 0, 0, 1)),
    "Hz": (Fraction(1), (0, 0, -1, 0, 0, 0)),
    "kHz": (Fraction(1000), (0, 0, -1, 0, 0, 0)),
    "MHz": (Fraction(10**6), (0, 0, -1, 0, 0, 0)),
    "GHz": (Fraction(10**9), (0, 0, -1, 0, 0, 0)),
    "N": (Fraction(1), (1, 1, -2, 0, 0, 0)),
    "kN": (Fraction(1000), (1, 1, -2, 0, 0, 0)),
    "MN": (Fraction(10**6), (1, 1, -2, 0, 0, 0)),
    "Pa": (Fraction(1), (-1, 1, -2, 0, 0, 0)),
    "hPa": (Fraction(100), (-1, 1, -2, 0, 0, 0)),
    "kPa": (Fraction(1000), (-1, 1, -2, 0, 0, 0)),
    "MPa": (Fraction(10**6), (-1, 1, -2, 0, 0, 0)),
    "J": (Fraction(1), (2, 1, -2, 0, 0, 0)),
    "kJ": (Fraction(1000), (2, 1, -2, 0, 0, 0)),
    "MJ": (Fraction(10**6), (2, 1, -2, 0, 0, 0)),
    "kWh": (Fraction(3_600_000), (2, 1, -2, 0, 0, 0)),
    "W": (Fraction(1), (2, 1, -3, 0, 0, 0)),
    "kW": (Fraction(1000), (2, 1, -3, 0, 0, 0)),
    "MW": (Fraction(10**6), (2, 1, -3, 0, 0, 0)),
    "mV": (Fraction(1, 1000), (2, 1, -3, -1, 0, 0)),
    "V": (Fraction(1), (2, 1, -3, -1, 0, 0)),
    "kV": (Fraction(1000), (2, 1, -3, -1, 0, 0)),
    "ohm": (Fraction(1), (2, 1, -3, -2, 0, 0)),
    "kohm": (Fraction(1000), (2, 1, -3, -2, 0, 0)),
    "L": (Fraction(1, 1000), (3, 0, 0, 0, 0, 0)),
    "mL": (Fraction(1, 10**6), (3, 0, 0, 0, 0, 0)),
}
_PART = re.compile(r"([*/]?)([A-Za-z1]+)(?:\^(-?\d+))?")


@dataclass(frozen=True)
class Quantity:
    """A value in SI base units and its dimensions."""

    value: Fraction
    dimensions: Dimensions

    def __mul__(self, other: Quantity) -> Quantity:
        dimensions = tuple(a + b for a, b in zip(self.dimensions, other.dimensions, strict=True))
        return Quantity(self.value * other.value, _six(dimensions))

    def __truediv__(self, other: Quantity) -> Quantity:
        return self * other**-1

    def __pow__(self, exponent: int) -> Quantity:
        return Quantity(self.value**exponent, _six(tuple(exponent * a for a in self.dimensions)))

    def __add__(self, other: Quantity) -> Quantity:
        self._must_match(other, "add")
        return Quantity(self.value + other.value, self.dimensions)

    def __sub__(self, other: Quantity) -> Quantity:
        self._must_match(other, "subtract")
        return Quantity(self.value - other.value, self.dimensions)

    def within(self, unit: str) -> Fraction:
        """Return the number of these units; raise ValueError where the unit measures something else."""
        one = quantity(1, unit)
        self._must_match(one, f"express in {unit}")
        return self.value / one.value

    def _must_match(self, other: Quantity, verb: str) -> None:
        if self.dimensions != other.dimensions:
            raise ValueError(
                f"cannot {verb}: dimensions (m, kg, s, A, K, mol) are {self.dimensions} and {other.dimensions}"
            )


def _six(dimensions: tuple[int, ...]) -> Dimensions:
    a, b, c, d, e, f = dimensions
    return a, b, c, d, e, f


def quantity(value: Fraction | int | str, unit: str = "1") -> Quantity:
    """Return a number of units; raise ValueError naming a unit that is not known."""
    parts = list(_PART.finditer(unit))
    if "".join(part[0] for part in parts) != unit or any(part[2] not in _UNITS for part in parts):
        raise ValueError(f"unit {unit!r} is not written with these: {', '.join(_UNITS)}")
    result = Quantity(Fraction(value), _UNITS["1"][1])
    for sign, name, power in (part.groups() for part in parts):
        exponent = int(power or 1) * (-1 if sign == "/" else 1)
        result = result * Quantity(*_UNITS[name]) ** exponent
    return result
