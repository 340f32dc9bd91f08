"""Problems of physics with three significant figures: motion, energy, circuits.

Solutions convert units and compute in plain numbers; the check computes with quantities, whose units are algebra.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from synth.figures import intermediate, measured
from synth.measurement import conversion, finished, in_unit, plain, say
from synth.problem import Draw, Problem
from synth.quantity import quantity


def acceleration(draw: Draw, language: str, level: int) -> Problem:
    """Distance under constant acceleration, from rest or with a first speed in m/s or km/h."""
    a, t = measured(draw, 0.5, 9, "m/s^2"), measured(draw, 2, 40, "s")
    v = measured(draw, 5, 90, "km/h" if level == 3 else "m/s")
    shown_speed = intermediate(in_unit(v, "m/s"), "m/s") if level == 3 else v
    speed = shown_speed.value if level > 1 else Fraction(0)
    start = {"en": f"moving at {say(v)}", "zh": f"初速度为 {say(v)}"} if level > 1 else {"en": "at rest", "zh": "静止"}
    who, zh = draw.one_of(
        (("car", "汽车"), ("train", "列车"), ("sledge", "雪橇"), ("motorcycle", "摩托车"), ("ball", "小球"))
    )
    ask = draw.one_of(
        {
            "en": (
                f"A {who}, at first {start['en']}, accelerates at {say(a)} for {say(t)}. How far does it "
                f"travel in this time?",
                f"Find the distance that a {who} covers in {say(t)} with a constant acceleration of {say(a)}, "
                f"if it is "
                f"{start['en']} when the time starts.",
            ),
            "zh": (
                f"一{'个' if zh == '小球' else '辆' if zh != '列车' else '列'}{zh}（{start['zh']}）以 {say(a)} "
                f"的加速度匀加速运动 {say(t)}，通过的路程是多少？",
            ),
        }[language]
    )
    half = f"\\frac{{1}}{{2}} \\times {a.written} \\times {t.written}^2"
    if level == 1:
        formula = f"s = \\frac{{1}}{{2}}at^2 = {half}"
        steps = {"en": "From rest, ", "zh": "从静止开始，"}[language]
    else:
        used = shown_speed.written
        formula = f"s = v_0 t + \\frac{{1}}{{2}}at^2 = {used} \\times {t.written} + {half}"
        change = {
            "en": f"First bring the speed into m/s: {v.written} km/h divided by 3.6 is about {used} m/s. ",
            "zh": f"先把速度化成米每秒：{v.written} km/h ÷ 3.6 ≈ {used} m/s。",
        }
        steps = (change[language] if level == 3 else "") + {
            "en": "For constant acceleration ",
            "zh": "匀加速运动的路程为 ",
        }[language]
    value = speed * t.value + a.value * t.value**2 / 2
    # The mean of the first and the last speed, times the time.
    first = v.quantity if level > 1 else quantity(0, "m/s")
    check = (first + (first + a.quantity * t.quantity)) * quantity(Fraction(1, 2)) * t.quantity
    return finished(ask, steps, formula, value, "m", check, language)


def kinetic_energy(draw: Draw, language: str, level: int) -> Problem:
    """Energy of motion; then the braking force; grams or kilometres an hour at higher levels."""
    m = measured(draw, 20, 900, "g") if level == 2 else measured(draw, 1, 900, "kg")
    v, s = measured(draw, 2, 60, "m/s"), measured(draw, 3, 90, "m")
    mass = in_unit(m, "kg")
    energy = mass * v.value**2 / 2
    joules = intermediate(energy, "J")
    body, zh = draw.one_of((("body", "物体"), ("trolley", "小车"), ("stone", "石块"), ("crate", "箱子")))
    ask_energy = {
        "en": (
            f"A {body} of mass {say(m)} moves at {say(v)}. What is its kinetic energy in joules?",
            f"Compute the kinetic energy of a {body} with a mass of {say(m)} and a speed of {say(v)}.",
        ),
        "zh": (f"质量为 {say(m)} 的{zh}以 {say(v)} 的速度运动，它的动能是多少？",),
    }
    ask_force = {
        "en": (
            f"A {body} of mass {say(m)} moving at {say(v)} is brought to rest over {say(s)}. What constant "
            f"force acted?",
            f"What constant braking force stops a {body} of {say(m)} within {say(s)}, if it moves at {say(v)}?",
        ),
        "zh": (f"质量为 {say(m)}、速度为 {say(v)} 的{zh}在 {say(s)} 内匀减速停下，所受的制动力多大？",),
    }
    ask = draw.one_of((ask_force if level == 3 else ask_energy)[language])
    half = f"\\frac{{1}}{{2}} \\times {plain(mass)} \\times {v.written}^2"
    start = conversion(m, "kg", language)
    # Force from the deceleration that stops within the distance, v^2 = 2as.
    force = m.quantity * (v.quantity**2 / (quantity(2) * s.quantity))
    if level == 3:
        steps = (
            start
            + {
                "en": f"The work of the force takes up the kinetic energy, $Fs = \\frac{{1}}{{2}}mv^2 = {half} "
                f"\\approx "
                f"{joules.written}\\ \\text{{J}}$. Dividing by the distance, ",
                "zh": f"制动力做的功等于动能的减少，$Fs = \\frac{{1}}{{2}}mv^2 = {half} \\approx "
                f"{joules.written}\\ \\text{{J}}$。"
                f"除以距离得 ",
            }[language]
        )
        formula = f"F = \\frac{{{joules.written}}}{{{s.written}}}"
        return finished(ask, steps, formula, joules.value / s.value, "N", force, language)
    steps = start + {"en": "By definition ", "zh": "由动能公式 "}[language]
    return finished(ask, steps, f"E = \\frac{{1}}{{2}}mv^2 = {half}", energy, "J", force * s.quantity, language)


def resistor(draw: Draw, language: str, level: int) -> Problem:
    """Current, power, or energy in a while, of one resistor."""
    u, r, t = measured(draw, 2, 300, "V"), measured(draw, 10, 900, "ohm"), measured(draw, 2, 60, "min")
    amperes = u.quantity / r.quantity
    value, unit, check, name, zh = (
        (u.value / r.value, "A", amperes, "current flows", "电流"),
        (u.value**2 / r.value, "W", amperes**2 * r.quantity, "power does it take up", "电功率"),
        (
            u.value**2 / r.value * t.value * 60,
            "J",
            amperes * u.quantity * t.quantity,
            "energy is turned into heat",
            "产生的热量",
        ),
    )[level - 1]
    duration = {"en": f" in {say(t)}", "zh": f"，通电 {say(t)}"}[language] if level == 3 else ""
    ask = draw.one_of(
        {
            "en": (
                f"A resistor of {say(r)} is connected to {say(u)}. How much {name}{duration}?",
                f"A voltage of {say(u)} lies across {say(r)}. How much {name}{duration}?",
            ),
            "zh": (f"阻值为 {say(r)} 的电阻接在 {say(u)} 的电源上{duration}，{zh}是多少？",),
        }[language]
    )
    formula = (
        f"I = \\frac{{U}}{{R}} = \\frac{{{u.written}}}{{{r.written}}}",
        f"P = \\frac{{U^2}}{{R}} = \\frac{{{u.written}^2}}{{{r.written}}}",
        f"Q = \\frac{{U^2}}{{R}} t = \\frac{{{u.written}^2}}{{{r.written}}} \\times {plain(t.value * 60)}",
    )[level - 1]
    law = {"en": ("By Ohm's law ", "With $P = UI$ and Ohm's law, "), "zh": ("由欧姆定律 ", "由 $P = UI$ 和欧姆定律 ")}
    steps = (conversion(t, "s", language) if level == 3 else "") + law[language][level > 1]
    return finished(ask, steps, formula, value, unit, check, language)


TEMPLATES: dict[str, Callable[[Draw, str, int], Problem]] = {
    "acceleration": acceleration,
    "kinetic_energy": kinetic_energy,
    "resistor": resistor,
}
