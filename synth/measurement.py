"""Problems with measured values: how values are said and converted, and how a result is rounded and checked."""

from __future__ import annotations

from fractions import Fraction

from synth.figures import Given, rounded
from synth.problem import Problem, UnclearError
from synth.quantity import Quantity

SYMBOLS = {"ohm": "Ω", "kohm": "kΩ", "m/s^2": "m/s²", "kg/m^3": "kg/m³", "J/kg/K": "J/(kg·K)", "mol/L": "mol/L"}
"""Units whose usual spelling differs from ours."""
RULES = {
    "en": (
        "The measured values have three significant figures, and so has the result",
        "Rounded to three significant figures, like the values it comes from, the result is",
        "Three figures are as many as the data justify",
    ),
    "zh": ("测量值都是三位有效数字，结果也保留三位", "按已知数据的精度，结果取三位有效数字", "保留三位有效数字，得"),
}


def shown(unit: str) -> str:
    """Return a unit as people write it."""
    return SYMBOLS.get(unit, unit)


def say(given: Given) -> str:
    """Return a value with its unit as the question states it."""
    return f"{given.written} {shown(given.unit)}"


def in_unit(given: Given, unit: str) -> Fraction:
    """Return the number of another unit of the same kind."""
    return given.quantity.within(unit)


def plain(value: Fraction) -> str:
    """Return the exact decimal number."""
    text = f"{float(value):.12f}".rstrip("0").rstrip(".")
    assert Fraction(text) == value, f"{value} does not end within twelve places"
    return text


def conversion(given: Given, unit: str, language: str) -> str:
    """Return the sentence that brings a value into the unit of the formula; empty where it has it."""
    if given.unit == unit:
        return ""
    value = plain(in_unit(given, unit))
    return {
        "en": f"In {shown(unit)}, {say(given)} is {value} {shown(unit)}. ",
        "zh": f"换算单位：{say(given)} = {value} {shown(unit)}。",
    }[language]


def finished(
    question: str, steps: str, formula: str, value: Fraction, unit: str, check: Quantity, language: str
) -> Problem:
    """Return the problem: the last formula, whose shown numbers give ``value``, and the rounded result with its unit.

    Raises UnclearError where rounding on the way changes the last figure of the result.
    """
    result, exact = rounded(value), check.within(unit)
    if result != rounded(exact) and abs(value - exact) < abs(exact) / 1000:
        raise UnclearError
    stop = "." if language == "en" else "。"
    solution = f"{steps}${formula} \\approx {result}\\ \\text{{{shown(unit)}}}${stop}"
    rule = RULES[language][len(steps) % 3]
    note = f" {rule}: ${result}$ {shown(unit)}." if language == "en" else f"{rule}：${result}$ {shown(unit)}。"
    return Problem(question, solution + note, result, rounded(exact))
