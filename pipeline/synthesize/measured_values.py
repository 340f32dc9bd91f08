"""Measured values in a text: a number with its unit, however it is written, as a quantity with dimensions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from synth.quantity import Dimensions, Quantity, quantity

_NAMES = {
    **{"metre": "m", "meter": "m", "kilometre": "km", "kilometer": "km", "centimetre": "cm", "centimeter": "cm"},
    **{"millimetre": "mm", "millimeter": "mm", "kilogram": "kg", "gram": "g", "second": "s", "minute": "min"},
    **{"hour": "h", "ampere": "A", "amp": "A", "kelvin": "K", "mole": "mol", "hertz": "Hz", "newton": "N"},
    **{"pascal": "Pa", "kilopascal": "kPa", "joule": "J", "kilojoule": "kJ", "watt": "W", "kilowatt": "kW"},
    **{"volt": "V", "ohm": "ohm", "litre": "L", "liter": "L", "millilitre": "mL", "milliliter": "mL"},
    **{"米": "m", "千米": "km", "公里": "km", "厘米": "cm", "毫米": "mm", "千克": "kg", "公斤": "kg", "克": "g"},
    **{
        "秒": "s",
        "分钟": "min",
        "小时": "h",
        "安培": "A",
        "安": "A",
        "摩尔": "mol",
        "赫兹": "Hz",
        "牛顿": "N",
        "牛": "N",
    },
    **{"帕": "Pa", "帕斯卡": "Pa", "焦耳": "J", "焦": "J", "千焦": "kJ", "瓦": "W", "瓦特": "W", "千瓦": "kW"},
    **{"伏特": "V", "伏": "V", "欧姆": "ohm", "欧": "ohm", "升": "L", "毫升": "mL", "千瓦时": "kWh", "米/秒": "m/s"},
    **{"千米/时": "km/h", "千米/小时": "km/h", "米每秒": "m/s", "平方米": "m^2", "立方米": "m^3", "平方厘米": "cm^2"},
    **{"立方厘米": "cm^3", "Ω": "ohm", "kΩ": "kohm", "l": "L", "ml": "mL"},
}
"""Other spellings; English ones also in the plural."""
_SYMBOLS = (
    *("km", "cm", "mm", "nm", "um", "kg", "mg", "min", "mA", "mV", "kV", "Hz", "kHz", "MHz", "GHz", "kN", "MN", "Pa"),
    *("kPa", "hPa", "MPa", "kJ", "MJ", "kWh", "kW", "MW", "mol", "mL", "ms", "m", "g", "s", "h", "A", "K", "N", "J"),
    *("W", "V", "L"),
)
_PLURALS = tuple(f"{name}s" for name in _NAMES if name.isascii() and len(name) > 2)
_ONE = "|".join(sorted((*_PLURALS, *_NAMES, *_SYMBOLS), key=len, reverse=True))
_POWER = r"(?:\^\{?-?\d\}?|[²³]|⁻¹|⁻²)?"
_FURTHER = rf"\(?(?:{_ONE}){_POWER}(?:[·*](?:{_ONE}){_POWER}\))?"
_UNIT = rf"(?:{_ONE}){_POWER}(?:(?:\s?[/·*]\s?|\\cdot\s?|\s(?=[A-Za-z]+\^\{{?-)){_FURTHER})*"
_RAISED = {"²": "^2", "³": "^3", "⁻¹": "^-1", "⁻²": "^-2"}


@cache
def _value() -> re.Pattern[str]:
    """Compiled when it is first used: it takes longer than to read most recipes."""
    return re.compile(
        r"(?<![\w.^{/])(?P<number>-?\d+(?:,\d{3})*(?:\.\d+)?)"
        r"(?:\s*(?:\\times|×)\s*10\^\{?(?P<power>-?\d+)\}?)?"
        r"(?:\$\s?|\s|\\[ ,;]|~|\\\s)*\\?"
        rf"(?:(?:text|mathrm|rm)\{{\s*(?P<text>{_UNIT})\s*\}}(?P<above>\^\{{?-?\d\}}?)?|(?P<plain>{_UNIT})(?![\w^]))"
    )


@dataclass(frozen=True)
class MeasuredValue:
    """A number with a unit."""

    written: str
    value: Quantity
    digits: int
    """Digits of the number that carry meaning: without zeros at its beginning."""
    rounding: Fraction
    """Half of its last digit, in SI units."""
    begin: int
    end: int

    @property
    def dimensions(self) -> Dimensions:
        """What it measures."""
        return self.value.dimensions


def measured_values(text: str) -> Iterator[MeasuredValue]:
    """Yield every number that stands before a unit; one letter after a number inside a formula is a factor, no unit."""
    formulas = [found.span() for found in re.finditer(r"\$[^$\n]+\$", text)]
    for found in _value().finditer(text):
        unit = found["text"] or found["plain"]
        inside = any(begin < found.end() - 1 < end for begin, end in formulas)
        if (found["plain"] and inside) or not (made := _quantity(found, unit)):
            continue
        decimals = len(found["number"].partition(".")[2])
        scale = made.value / Fraction(found["number"].replace(",", "")) if made.value else Fraction(0)
        half = abs(scale) * Fraction(51, 100) / 10**decimals
        digits = len(found["number"].replace(".", "").replace(",", "").lstrip("-0"))
        yield MeasuredValue(found[0], made, digits, half, found.start(), found.end())


def _quantity(found: re.Match[str], unit: str) -> Quantity | None:
    for raised, plain in _RAISED.items():
        unit = unit.replace(raised, plain)
    unit = re.sub(r"\\cdot\s?|·|\s+(?=[A-Za-z])", "*", unit + (found["above"] or "")).replace(" ", "")
    unit = re.sub(r"\^\{(-?\d)\}", r"^\1", unit)
    unit = re.sub(r"/\(([^()]*)\)", lambda inner: "/" + inner[1].replace("*", "/"), unit)
    unit = re.sub(r"[A-Za-zΩ\u4e00-\u9fff]+", lambda name: _symbol(name[0]), unit)
    try:
        number = Fraction(found["number"].replace(",", "")) * Fraction(10) ** int(found["power"] or 0)
        return quantity(number, unit)
    except (ValueError, OverflowError):
        return None


def _symbol(name: str) -> str:
    return _NAMES.get(name) or _NAMES.get(name.removesuffix("s")) or name
