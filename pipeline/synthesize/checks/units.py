"""Units: turns away wrong conversions, results in a wrong unit or said again with other digits, one value in two units.

Units are algebra (`synth.quantity`): 36 km/h and 10 m/s are equal, an energy is never in newtons. What is asked for is
known from the question's words; where these name no quantity, or several, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from pipeline.synthesize.checks.check import Candidate, Check, Rejection
from pipeline.synthesize.code_text import prose
from pipeline.synthesize.measured_values import MeasuredValue, measured_values
from synth.quantity import Dimensions, quantity

_EQUAL = re.compile(r"[\s$]*(?:=|≈|\\approx)[\s$]*\Z")
_SAME = re.compile(r"[\s$]*(?:is|equals|corresponds to|为|等于|即|合)[\s$]*(?:about|约)?[\s$]*\Z")
_ASKED = {
    "en": {
        "m": "how far|distance|length|height|wavelength|displacement|radius|diameter|depth",
        "m/s": "how fast|speed|velocity",
        "m/s^2": "acceleration",
        "kg": "mass",
        "N": "force|weight",
        "J": "energy|work|heat",
        "W": "power",
        "Pa": "pressure",
        "s": "how long does|how much time|time",
        "Hz": "frequency",
        "A": "current",
        "V": "voltage|potential difference",
        "ohm": "resistance",
        "m^3": "volume",
        "m^2": "area",
        "kg/m^3": "density",
    },
    "zh": {
        "m": "路程|距离|长度|高度|波长|位移|半径|直径|深度",
        "m/s": "速度|速率",
        "m/s^2": "加速度",
        "kg": "质量",
        "N": "(?<![动重])力(?![矩学])|压力|重力|拉力|浮力|摩擦力|制动力",
        "J": "动能|能量|热量|势能|内能|做的功",
        "W": "功率",
        "Pa": "压强|气压",
        "s": "时间|多久",
        "Hz": "频率",
        "A": "电流",
        "V": "电压",
        "ohm": "电阻",
        "m^3": "体积|容积",
        "m^2": "面积",
        "kg/m^3": "密度",
    },
}
_QUESTION = {
    "en": re.compile(
        r"(?:^|(?<=[.;,] ))(?:(?:so |then )?(?:what|how|find|calculate|compute|determine)\b)[^?.]*", re.IGNORECASE
    ),
    "zh": re.compile(r"[^，。；？]*(?:多少|多大|多远|多久|多高|多长)[^，。；？]*|(?<=求)[^，。；？]*"),
}
_REST = re.compile(r"\b(?:if|when|while|of|that|which|after|within|on|for|from|at|in|with|to)\b", re.IGNORECASE)
_PER = re.compile(
    r"\b(?:per|density of|rate|specific|molar|unit|ratio|coefficient|number)\b|比热|摩尔|单位|每|比|系数", re.IGNORECASE
)
_EQUALS = re.compile(r"(?:=|≈|\\approx)[\s$]*\Z")
_RELATED = re.compile(r"[=≈<>≤≥±+*×÷]|\\(?:approx|pm|[lg]eq?)(?![A-Za-z])|\d\s*[-−]\s*\d")
"""A sign with which something else is computed or said than the result."""
_NEARLY = Fraction(1, 20)
_DIGITS = 3


class Units(Check):
    """Judges only values whose units it knows."""

    kind: Literal["units"] = "units"

    def reject(self, candidate: Candidate) -> Rejection | None:
        """Look at the solution's conversions, at its result, then at equal numbers."""
        question, solution = prose(candidate.pair.question), prose(candidate.pair.solution)
        values = list(measured_values(solution))
        if wrong := next(_wrong_conversions(solution, values), None):
            return Rejection("wrong_units", wrong, "both sides equal, in value and in what they measure")
        if candidate.aim != "exercise" or not values:
            return None
        wanted = _asked(question, candidate.language)
        if wanted is not None and values[-1].dimensions != wanted[0]:
            return Rejection("unit_of_something_else", values[-1].written, f"a unit of {wanted[1]}")
        if misquoted := _misquoted(solution, values):
            return Rejection("result_changed", misquoted, "the result that the last step gives, or a rounding of it")
        if clash := next(_clashes(solution, values), None):
            return Rejection("unit_changed", clash, "one unit for one value")
        return None


def _wrong_conversions(text: str, values: Sequence[MeasuredValue]) -> Iterator[str]:
    """Yield "a = b" where two values are said to be equal and are not."""
    for first, second in pairwise(values):
        between = text[first.end : second.begin]
        alike = first.dimensions == second.dimensions
        said = bool(_EQUAL.fullmatch(between))
        if not said and not (alike and _SAME.fullmatch(between)):
            continue
        if said and re.search(r"[-+*/×÷·^]\s*\Z|\\(?:times|cdot)\s*\Z", text[: first.begin].rstrip("$ ")):
            continue  # the end of a longer expression
        slack = first.rounding + second.rounding + abs(first.value.value) / 1000
        if not alike or abs(first.value.value - second.value.value) > slack:
            yield text[first.begin : second.end]


def _asked(question: str, language: str) -> tuple[Dimensions, str] | None:
    """Return what a question asks for, with its word; None where that is not clear."""
    clauses = _QUESTION[language].findall(question)
    if not clauses:
        return None
    clause = clauses[-1] if language == "zh" else _REST.split(clauses[-1], maxsplit=1)[0]
    if _PER.search(clause):
        return None
    found: list[tuple[int, int, str, str]] = []
    for unit, words in _ASKED[language].items():
        pattern = rf"\b(?:{words})\b" if language == "en" else words
        found += [(hit.start(), -hit.end(), hit[0], unit) for hit in re.finditer(pattern, clause, re.IGNORECASE)]
    if not found:
        return None
    best = max(found, key=lambda hit: (-hit[1], -hit[0])) if language == "zh" else min(found)
    if len({unit for _, _, _, unit in found}) > 1 and language == "en":
        return None
    return quantity(1, best[3]).dimensions, best[2]


def _misquoted(text: str, values: Sequence[MeasuredValue]) -> str | None:
    """Return the result and what the last sentence makes of it: nearly the same and no rounding, or other by tens."""
    *before, said = values
    results = [value for value in before if value.dimensions == said.dimensions and _EQUALS.search(text[: value.begin])]
    if not results or _RELATED.search(text[results[-1].end : said.end]):
        return None
    result = results[-1]
    first, last = abs(result.value.value), abs(said.value.value)
    by_tens = min(first, last) > 0 and said.digits >= _DIGITS and _is_power_of_ten(max(first, last) / min(first, last))
    if max(said.rounding, result.rounding) < abs(last - first) <= _NEARLY * first or by_tens:
        return f"{result.written}, then {said.written}"
    return None


def _is_power_of_ten(ratio: Fraction) -> bool:
    return ratio > 1 and ratio.denominator == 1 and not str(ratio).strip("0").removeprefix("1")


def _clashes(text: str, values: Sequence[MeasuredValue]) -> Iterator[str]:
    """Yield a number of several digits that is said again, not computed, in a unit of something else."""
    for first, second in pairwise(values):
        same = _number(first.written) == _number(second.written) and not _number(first.written).endswith("0")
        said_again = not re.search(r"[=≈]|approx", text[first.end : second.begin])
        if same and first.digits >= _DIGITS and said_again and first.dimensions != second.dimensions:
            yield f"{first.written} and {second.written}"


def _number(written: str) -> str:
    found = re.match(r"-?[\d.,]+", written)
    assert found is not None, "a measured value begins with its number"
    return found[0]
