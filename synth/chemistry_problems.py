"""Problems of chemistry with three significant figures: amounts, reactions, solutions, gases, decay.

As in physics, solutions compute in plain numbers and the check with quantities, along another path.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from synth.figures import intermediate, measured
from synth.formula import MASSES, REACTIONS, atoms, equation, latex, molar_mass
from synth.measurement import conversion, finished, in_unit, plain, say
from synth.problem import Draw, Problem
from synth.quantity import Quantity, quantity

SOLUTES = ("NaCl", "NaOH", "KCl", "HCl", "CaCl2", "MgSO4", "AgNO3", "C6H12O6", "H2SO4", "NaNO3", "KNO3", "Na2CO3")


def mass_terms(formula: str) -> str:
    """Return the sum that makes a molar mass, as LaTeX."""
    return " + ".join(f"{n} \\times {MASSES[name]}" for name, n in atoms(formula).items())


def _of_atoms(formula: str) -> Quantity:
    """Return the molar mass by adding atom by atom, in SI units."""
    total = quantity(0, "g/mol")
    for name, count in atoms(formula).items():
        for _ in range(count):
            total = total + quantity(MASSES[name], "g/mol")
    return total


def amount(draw: Draw, language: str, level: int) -> Problem:
    """Molar mass and amount of substance; concentration; mass for a concentration."""
    formula = draw.one_of(SOLUTES)
    m, v, c = measured(draw, 0.5, 90, "g"), measured(draw, 20, 950, "mL"), measured(draw, 0.05, 5, "mol/L")
    molar, name = intermediate(molar_mass(formula), "g/mol"), f"${latex(formula)}$"
    litres = in_unit(v, "L")
    ask = draw.one_of(
        {
            "en": (
                (f"How many moles are {say(m)} of {name}?", f"Find the amount of substance in {say(m)} of {name}."),
                (
                    f"{say(m)} of {name} is dissolved in water to make {say(v)} of solution. What is its molar "
                    f"concentration?",
                    f"What molarity has a solution of {say(v)} that contains {say(m)} of {name}?",
                ),
                (
                    f"What mass of {name} is needed for {say(v)} of a solution of concentration {say(c)}?",
                    f"How many grams of {name} must be weighed out to prepare {say(v)} of a {say(c)} solution?",
                ),
            ),
            "zh": (
                (f"{say(m)} {name} 的物质的量是多少？",),
                (f"把 {say(m)} {name} 溶于水配成 {say(v)} 溶液，其物质的量浓度是多少？",),
                (f"配制 {say(v)} 浓度为 {say(c)} 的 {name} 溶液，需要多少克溶质？",),
            ),
        }[language][level - 1]
    )
    terms = f"M = {mass_terms(formula)} \\approx {molar.written}\\ \\text{{g/mol}}"
    steps = {"en": f"The molar mass of {name} is ${terms}$. ", "zh": f"{name} 的摩尔质量为 ${terms}$。"}[language]
    exact = _of_atoms(formula)
    if level == 1:
        work = f"n = \\frac{{m}}{{M}} = \\frac{{{m.written}}}{{{molar.written}}}"
        return finished(ask, steps, work, m.value / molar.value, "mol", m.quantity / exact, language)
    steps += conversion(v, "L", language)
    if level == 2:
        work = f"c = \\frac{{m}}{{MV}} = \\frac{{{m.written}}}{{{molar.written} \\times {plain(litres)}}}"
        value = m.value / (molar.value * litres)
        return finished(ask, steps, work, value, "mol/L", m.quantity / exact / v.quantity, language)
    work = f"m = cVM = {c.written} \\times {plain(litres)} \\times {molar.written}"
    value = c.value * litres * molar.value
    return finished(ask, steps, work, value, "g", c.quantity * exact * v.quantity, language)


def stoichiometry(draw: Draw, language: str, level: int) -> Problem:
    """From moles to moles, from mass to moles, or from mass to mass, along a balanced equation."""
    reaction = draw.one_of(REACTIONS)
    (k, first), (n, second) = draw.several([*reaction[0], *reaction[1]], 2)
    start = measured(draw, 0.1, 20, "mol") if level == 1 else measured(draw, 1, 300, "g")
    unit = "g" if level == 3 else "mol"
    made = any(second == name for _, name in reaction[1])
    used = any(first == name for _, name in reaction[0])
    a, b, text = f"${latex(first)}$", f"${latex(second)}$", f"${equation(reaction)}$"
    goal = {"en": "what mass" if level == 3 else "how many moles", "zh": "多少克" if level == 3 else "多少摩尔"}[
        language
    ]
    ask = draw.one_of(
        {
            "en": (
                f"In the reaction {text}, {say(start)} of {a} {'reacts completely' if used else 'is formed'}. "
                f"{goal.capitalize()} of {b} {'is' if level == 3 else 'are'} {'formed' if made else 'used up'}?",
                f"Consider {text}. If {say(start)} of {a} is {'consumed' if used else 'produced'}, {goal} of {b} "
                f"{'is' if level == 3 else 'are'} {'produced' if made else 'consumed'}?",
            ),
            "zh": (
                f"在反应 {text} 中，{'消耗' if used else '生成'}了 {say(start)} {a}，"
                f"同时{'生成' if made else '消耗'} {b} {goal}？",
            ),
        }[language]
    )
    steps, value = "", start.value
    ratio = f"\\frac{{{n}}}{{{k}}}"
    if level > 1:
        molar = intermediate(molar_mass(first), "g/mol")
        held = intermediate(start.value / molar.value, "mol")
        work = f"\\frac{{{start.written}}}{{{molar.written}}} \\approx {held.written}\\ \\text{{mol}}"
        steps = {
            "en": f"The molar mass of {a} is {molar.written} g/mol, so there are ${work}$ of it. ",
            "zh": f"{a} 的摩尔质量是 {molar.written} g/mol，物质的量为 ${work}$。",
        }[language]
        value = held.value
    else:
        held = start
    steps += {
        "en": f"By the balanced equation {k} mol of {a} go with {n} mol of {b}. Therefore ",
        "zh": f"由配平的方程式，{k} mol {a} 对应 {n} mol {b}，所以 ",
    }[language]
    work, value = f"n = {ratio} \\times {held.written}", value * Fraction(n, k)
    moles = start.quantity if level == 1 else start.quantity / _of_atoms(first)
    check = quantity(n) * moles / quantity(k)
    if level == 3:
        other = intermediate(molar_mass(second), "g/mol")
        work = f"m = {ratio} \\times {held.written} \\times {other.written}"
        steps = (
            steps[:-1]
            + {"en": f", with {other.written} g/mol for {b}, ", "zh": f"（{b} 的摩尔质量为 {other.written} g/mol）"}[
                language
            ]
        )
        value, check = value * other.value, check * _of_atoms(second)
    return finished(ask, steps, work, value, unit, check, language)


def dilution(draw: Draw, language: str, level: int) -> Problem:
    """Concentration after dilution, the volume to dilute, or the mixture of two solutions."""
    formula = draw.one_of(SOLUTES)
    name = f"${latex(formula)}$"
    c, v, w = measured(draw, 1, 9, "mol/L"), measured(draw, 10, 90, "mL"), measured(draw, 100, 900, "mL")
    d = measured(draw, 0.1, 0.9, "mol/L")
    amounts = c.quantity * v.quantity
    if level == 1:
        ask = {
            "en": f"{say(v)} of a {say(c)} {name} solution is diluted to {say(w)}. What is the new concentration?",
            "zh": f"把 {say(v)} 浓度为 {say(c)} 的 {name} 溶液稀释到 {say(w)}，浓度变为多少？",
        }[language]
        work = f"c_2 = \\frac{{c_1 V_1}}{{V_2}} = \\frac{{{c.written} \\times {v.written}}}{{{w.written}}}"
        value, unit, check = c.value * v.value / w.value, "mol/L", amounts / w.quantity
    elif level == 2:
        ask = {
            "en": f"What volume of a {say(c)} {name} solution must be diluted to obtain {say(w)} with a "
            f"concentration of {say(d)}?",
            "zh": f"要得到 {say(w)} 浓度为 {say(d)} 的 {name} 溶液，需取多少毫升 {say(c)} 的溶液来稀释？",
        }[language]
        work = f"V_1 = \\frac{{c_2 V_2}}{{c_1}} = \\frac{{{d.written} \\times {w.written}}}{{{c.written}}}"
        value, unit, check = d.value * w.value / c.value, "mL", (d.quantity * w.quantity) / c.quantity
    else:
        ask = {
            "en": f"{say(v)} of a {say(c)} {name} solution is mixed with {say(w)} of a {say(d)} solution"
            f" of the same substance. Assuming that volumes add, what is the final concentration?",
            "zh": f"将 {say(v)} {say(c)} 的 {name} 溶液与 {say(w)} {say(d)} 的同种溶液混合，体积可以相加，"
            f"混合后的浓度是多少？",
        }[language]
        top = f"{c.written} \\times {v.written} + {d.written} \\times {w.written}"
        work = f"c = \\frac{{c_1 V_1 + c_2 V_2}}{{V_1 + V_2}} = \\frac{{{top}}}{{{v.written} + {w.written}}}"
        value, unit = (c.value * v.value + d.value * w.value) / (v.value + w.value), "mol/L"
        check = (amounts + d.quantity * w.quantity) / (v.quantity + w.quantity)
    steps = {
        "en": draw.one_of(
            ("The amount of dissolved substance does not change. ", "Water is added, but no moles of solute are lost. ")
        )
        if level < 3
        else "The amounts of both solutions add up. ",
        "zh": "稀释前后溶质的物质的量不变：" if level < 3 else "两份溶液中溶质的物质的量相加：",
    }[language]
    return finished(ask, steps, work, value, unit, check, language)


def ideal_gas(draw: Draw, language: str, level: int) -> Problem:
    """Pressure of an ideal gas; the same volume in litres; a change of state."""
    p, t, v = measured(draw, 50, 900, "kPa"), measured(draw, 250, 600, "K"), measured(draw, 1, 90, "L")
    n, u = measured(draw, 0.1, 20, "mol"), measured(draw, 250, 600, "K")
    w = measured(draw, 1, 90, "L")
    gas, zh = draw.one_of(
        (("nitrogen", "氮气"), ("oxygen", "氧气"), ("helium", "氦气"), ("argon", "氩气"), ("a gas", "某气体"))
    )
    name = {"en": gas, "zh": zh}[language]
    constant = quantity("8.314", "J/mol/K")
    if level == 3:
        ask = {
            "en": f"A cylinder holds {say(v)} of {name} at {say(p)} and {say(t)}. It is brought to {say(w)} "
            f"and {say(u)}. Find the new pressure, treating the gas as ideal.",
            "zh": f"{say(v)} 的{name}（视为理想气体）压强为 {say(p)}，温度为 {say(t)}。体积变为 "
            f"{say(w)}、温度变为 {say(u)} 后，压强是多少？",
        }[language]
        top = f"\\frac{{{p.written} \\times {v.written} \\times {u.written}}}{{{t.written} \\times {w.written}}}"
        work, value = (
            f"p_2 = \\frac{{p_1 V_1 T_2}}{{T_1 V_2}} = {top}",
            p.value * v.value * u.value / (t.value * w.value),
        )
        # The amount of gas, and then its pressure in the new state.
        check = p.quantity * v.quantity / (constant * t.quantity) * constant * u.quantity / w.quantity
        steps = {"en": "For a fixed amount of gas $pV/T$ stays the same. ", "zh": "一定量的气体 $pV/T$ 不变。"}[
            language
        ]
        return finished(ask, steps, work, value, "kPa", check, language)
    if level == 2:
        ask = {
            "en": f"How many moles of {name} fill {say(v)} at {say(p)} and {say(t)}? Use $R$ = 8.314 J/(mol·K).",
            "zh": f"{say(t)}、{say(p)} 下，{say(v)} 的{name}有多少摩尔？取 $R$ = 8.314 J/(mol·K)。",
        }[language]
        steps = conversion(p, "Pa", language) + conversion(v, "m^3", language).replace("m^3", "m³")
        bottom = f"\\frac{{{plain(in_unit(p, 'Pa'))} \\times {plain(in_unit(v, 'm^3'))}}}{{8.314 \\times {t.written}}}"
        value = in_unit(p, "Pa") * in_unit(v, "m^3") / (Fraction("8.314") * t.value)
        check = p.quantity / (constant * t.quantity / v.quantity)
        return finished(ask, steps, f"n = \\frac{{pV}}{{RT}} = {bottom}", value, "mol", check, language)
    ask = {
        "en": f"{say(n)} of {name} is kept at {say(p)} and {say(t)}. What volume does it take up, in litres? "
        f"Use $R$ = 8.314 J/(mol·K).",
        "zh": f"{say(n)} {name}在 {say(t)}、{say(p)} 下的体积是多少升？取 $R$ = 8.314 J/(mol·K)。",
    }[language]
    top = f"\\frac{{{n.written} \\times 8.314 \\times {t.written}}}{{{p.written}}}"
    value = n.value * Fraction("8.314") * t.value / p.value
    steps = {
        "en": "With the pressure in kPa the volume comes out in litres. ",
        "zh": "压强以 kPa 为单位时，体积以升为单位。",
    }[language]
    check = constant * n.quantity * t.quantity / p.quantity
    return finished(ask, steps, f"V = \\frac{{nRT}}{{p}} = {top}", value, "L", check, language)


def half_life(draw: Draw, language: str, level: int) -> Problem:
    """What is left, or has decayed, after whole half-lives; their number is stated or found."""
    m, count = measured(draw, 1, 900, "g"), draw.whole(2, 6)
    life, minutes = draw.whole(2, 90), {"en": "minutes", "zh": "分钟"}[language]
    total = life * count
    left = m.value / 2**count
    gone = level == 3
    name = draw.one_of(
        {"en": ("A radioactive sample", "An isotope", "A tracer"), "zh": ("某放射性样品", "某同位素", "某示踪剂")}[
            language
        ]
    )
    time = {"en": f"{count} half-lives", "zh": f"{count} 个半衰期"}[language] if level == 1 else f"{total} {minutes}"
    ask = {
        "en": f"{name} with a mass of {say(m)} has a half-life of {life} minutes. What mass of it has "
        f"{'decayed' if gone else 'not decayed yet'} after {time}?",
        "zh": f"{name}质量为 {say(m)}，半衰期为 {life} 分钟。经过 {time}，"
        f"{'已衰变' if gone else '尚未衰变'}的质量是多少？",
    }[language]
    steps = (
        ""
        if level == 1
        else {
            "en": f"The time is ${total} \\div {life} = {count}$ half-lives. ",
            "zh": f"时间相当于 ${total} \\div {life} = {count}$ 个半衰期。",
        }[language]
    )
    steps += {"en": "Each half-life leaves half of what was there. ", "zh": "每经过一个半衰期剩下一半。"}[language]
    work = f"m = {m.written} \\times \\left(\\frac{{1}}{{2}}\\right)^{{{count}}}"
    value = left
    if gone:
        work, value = f"m = {m.written} \\times \\left(1 - \\frac{{1}}{{{2**count}}}\\right)", m.value - left
    rest, decayed = m.quantity, quantity(0, "g")
    for _ in range(count):
        rest, decayed = rest / quantity(2), decayed + rest / quantity(2)
    return finished(ask, steps, work, value, "g", decayed if gone else rest, language)


TEMPLATES: dict[str, Callable[[Draw, str, int], Problem]] = {
    "amount": amount,
    "stoichiometry": stoichiometry,
    "dilution": dilution,
    "ideal_gas": ideal_gas,
    "half_life": half_life,
}
