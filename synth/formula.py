"""A chemical formula: its atoms, its molar mass, and equations that balance."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction

MASSES = {
    **{"H": "1.008", "C": "12.011", "N": "14.007", "O": "15.999", "Na": "22.990", "Mg": "24.305", "Al": "26.982"},
    **{"P": "30.974", "S": "32.06", "Cl": "35.45", "K": "39.098", "Ca": "40.078", "Fe": "55.845", "Cu": "63.546"},
    **{"Zn": "65.38", "Ag": "107.868"},
}
"""Standard atomic masses in grams per mole."""
_PART = re.compile(r"([A-Z][a-z]?)(\d*)|\(([^()]*)\)(\d*)")


def atoms(formula: str) -> Counter[str]:
    """Return how many atoms of each element a formula such as ``Ca(OH)2`` has."""
    found: Counter[str] = Counter()
    for element, count, group, times in (part.groups() for part in _PART.finditer(formula)):
        if group:
            found.update({name: n * int(times or 1) for name, n in atoms(group).items()})
        else:
            found[element] += int(count or 1)
    return found


def molar_mass(formula: str) -> Fraction:
    """Return grams per mole, exact in the masses above."""
    return sum((Fraction(MASSES[name]) * n for name, n in atoms(formula).items()), Fraction(0))


def latex(formula: str) -> str:
    """Return the formula with its numbers as subscripts."""
    return "\\mathrm{" + re.sub(r"(\d+)", r"_{\1}", formula) + "}"


Side = tuple[tuple[int, str], ...]
REACTIONS: tuple[tuple[Side, Side], ...] = (
    (((2, "H2"), (1, "O2")), ((2, "H2O"),)),
    (((1, "N2"), (3, "H2")), ((2, "NH3"),)),
    (((1, "CH4"), (2, "O2")), ((1, "CO2"), (2, "H2O"))),
    (((1, "C3H8"), (5, "O2")), ((3, "CO2"), (4, "H2O"))),
    (((2, "C2H6"), (7, "O2")), ((4, "CO2"), (6, "H2O"))),
    (((1, "C2H5OH"), (3, "O2")), ((2, "CO2"), (3, "H2O"))),
    (((2, "Mg"), (1, "O2")), ((2, "MgO"),)),
    (((4, "Al"), (3, "O2")), ((2, "Al2O3"),)),
    (((1, "Fe2O3"), (3, "CO")), ((2, "Fe"), (3, "CO2"))),
    (((1, "CaCO3"),), ((1, "CaO"), (1, "CO2"))),
    (((1, "CaO"), (1, "H2O")), ((1, "Ca(OH)2"),)),
    (((1, "Zn"), (2, "HCl")), ((1, "ZnCl2"), (1, "H2"))),
    (((2, "Na"), (1, "Cl2")), ((2, "NaCl"),)),
    (((1, "NaOH"), (1, "HCl")), ((1, "NaCl"), (1, "H2O"))),
    (((2, "NaOH"), (1, "H2SO4")), ((1, "Na2SO4"), (2, "H2O"))),
    (((2, "KClO3"),), ((2, "KCl"), (3, "O2"))),
    (((2, "H2O2"),), ((2, "H2O"), (1, "O2"))),
    (((1, "AgNO3"), (1, "NaCl")), ((1, "AgCl"), (1, "NaNO3"))),
    (((1, "CuO"), (1, "H2")), ((1, "Cu"), (1, "H2O"))),
    (((4, "P"), (5, "O2")), ((2, "P2O5"),)),
    (((2, "Al"), (6, "HCl")), ((2, "AlCl3"), (3, "H2"))),
)
"""Left and right sides of reactions, with their coefficients."""


def equation(reaction: tuple[Side, Side]) -> str:
    """Return a reaction as LaTeX."""
    sides = (" + ".join(f"{n if n > 1 else ''}{latex(name)}" for n, name in side) for side in reaction)
    return " \\rightarrow ".join(sides)


def balanced(reaction: tuple[Side, Side]) -> bool:
    """Whether both sides have the same atoms."""
    left, right = Counter[str](), Counter[str]()
    for total, side in zip((left, right), reaction, strict=True):
        for n, name in side:
            total.update({element: n * count for element, count in atoms(name).items()})
    return left == right
