"""Units, figures and chemical formulas, and answers of science found again from the printed question."""

import re
from fractions import Fraction
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.figures import Given, intermediate, measured, rounded
from synth.formula import REACTIONS, atoms, balanced, equation, molar_mass
from synth.problem import Draw
from synth.quantity import quantity
from synth.science import Science

DOCUMENTS = list(islice(Science(languages=("en",)).documents(5), 1500))


def test_units_are_algebra():
    assert quantity(3, "km") / quantity(2, "min") == quantity(25, "m/s")
    assert quantity(230, "V") * quantity(2, "A") * quantity(1, "h") == quantity("0.46", "kWh")
    assert (quantity(5, "V") ** 2 / quantity(10, "ohm")).within("W") == Fraction(5, 2)
    assert quantity(1, "J/kg/K") * quantity(1, "kg") * quantity(1, "K") == quantity(1, "N*m")
    with pytest.raises(ValueError, match=r"cannot add: dimensions \(m, kg, s, A, K, mol\) are \(1, 0, 0, 0, 0, 0\)"):
        quantity(1, "m") + quantity(1, "s")
    with pytest.raises(ValueError, match="cannot express in Pa"):
        quantity(1, "J").within("Pa")
    with pytest.raises(ValueError, match="unit 'furlong' is not written with these: 1, m, km"):
        quantity(1, "furlong")


@given(st.fractions(min_value=Fraction(1, 10**8), max_value=10**8), st.integers(1, 6))
def test_rounding_keeps_so_many_figures_and_moves_by_half_a_unit_at_most(value, figures):
    text = rounded(value, figures)
    digits = text.split(" ")[0].replace(".", "").lstrip("0")
    assert len(digits) == figures
    back = Given(text, "m").value
    leading = Fraction(10) ** (len(str(int(back))) - 1) if back >= 1 else Fraction(1)
    while leading > back:
        leading /= 10
    assert abs(back - value) <= leading / 10 ** (figures - 1) / 2


def test_rounding_by_example():
    written = {"120": r"1.20 \times 10^{2}", "0.04496": "0.0450", "1": "1.00", "999.5": r"1.00 \times 10^{3}"}
    written |= {"0.0000123": r"1.23 \times 10^{-5}", "12.25": "12.3", "123": "123", "0": "0"}
    assert {value: rounded(Fraction(value)) for value in written} == written
    assert intermediate(Fraction(2, 3), "g") == Given("0.66667", "g")


@given(st.integers(0, 10**6))
def test_measured_values_have_three_figures_within_their_bounds(seed):
    value = measured(Draw(seed), 0.05, 900, "g")
    assert Fraction("0.05") <= value.value <= 900
    assert len(value.written.replace(".", "").lstrip("0")) == 3


def test_formulas_and_reactions():
    assert atoms("Ca(OH)2") == {"Ca": 1, "O": 2, "H": 2}
    assert molar_mass("H2O") == Fraction("18.015")
    assert [equation(r) for r in REACTIONS if not balanced(r)] == []
    assert not balanced((((1, "H2"), (1, "O2")), ((1, "H2O"),)))


def given_values(document):
    """Return unit -> values in the question."""
    found = {}
    for value, unit in re.findall(r"(?<![\d.$])(\d+(?:\.\d+)?) ([^\d\s,.?]\S*)", document.question):
        found.setdefault(unit.strip(".,?;:"), []).append(float(value))
    return found


def stated(document):
    digits, power, unit = re.search(r"\$(\d[\d.]*)(?: \\times 10\^\{(-?\d+)\})?\$ (\S+)\.$", document.answer).groups()
    return float(digits) * 10 ** int(power or 0), unit


FORMULAS = {
    "ideal_gas/1": lambda v: v["mol"][0] * 8.314 * v["K"][0] / v["kPa"][0],
    "ideal_gas/2": lambda v: v["kPa"][0] * v["L"][0] / (8.314 * v["K"][0]),
    "resistor/1": lambda v: v["V"][0] / v["Ω"][0],
    "resistor/2": lambda v: v["V"][0] ** 2 / v["Ω"][0],
    "resistor/3": lambda v: v["V"][0] ** 2 / v["Ω"][0] * v["min"][0] * 60,
    "kinetic_energy/1": lambda v: v["kg"][0] * v["m/s"][0] ** 2 / 2,
    "kinetic_energy/2": lambda v: v["g"][0] / 1000 * v["m/s"][0] ** 2 / 2,
    "kinetic_energy/3": lambda v: v["kg"][0] * v["m/s"][0] ** 2 / 2 / v["m"][0],
    "acceleration/1": lambda v: v["m/s²"][0] * v["s"][0] ** 2 / 2,
    "acceleration/2": lambda v: v["m/s"][0] * v["s"][0] + v["m/s²"][0] * v["s"][0] ** 2 / 2,
    "acceleration/3": lambda v: v["km/h"][0] / 3.6 * v["s"][0] + v["m/s²"][0] * v["s"][0] ** 2 / 2,
    "heating/1": lambda v: v["kg"][0] * v["J/(kg·K)"][0] * v["K"][0],
    "heating/2": lambda v: v["g"][0] / 1000 * v["J/(kg·K)"][0] * v["K"][0],
    "wave/1": lambda v: v["m/s"][0] / v["Hz"][0],
    "wave/3": lambda v: 2 * v["m"][0] / v["m/s"][0],
    "dilution/1": lambda v: v["mol/L"][0] * v["mL"][0] / v["mL"][1],
    "liquid_pressure/1": lambda v: v["kg/m³"][0] * 9.81 * v["m"][0],
}


@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_results_from_the_printed_values(name):
    found = [document for document in DOCUMENTS if f"/{name}/" in document.made_by]
    assert len(found) >= 15
    for document in found:
        values = {unit.strip("()"): numbers for unit, numbers in given_values(document).items()}
        values["J/(kg·K)"] = values.get("J/(kg·K", values.get("J/(kg·K)", []))
        expected, (value, _) = FORMULAS[name](values), stated(document)
        assert abs(value - expected) <= 0.00502 * expected, document.text


def test_results_have_three_figures_and_the_unit_of_their_kind():
    for document in DOCUMENTS:
        digits = re.search(r"\$(\d[\d.]*)(?: \\times 10\^\{-?\d+\})?\$ \S+\.$", document.answer)[1]
        assert len(digits.replace(".", "").lstrip("0")) == 3, document.text
