"""Problems of physics with three significant figures: motion, energy, circuits, heat, waves, pressure.

Solutions convert units and compute in plain numbers; the check computes with quantities, whose units are algebra.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from synth.figures import Given, intermediate, measured, rounded
from synth.problem import Draw, Problem, UnclearError
from synth.quantity import Quantity, quantity

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


HEATED = (
    ("water", "水", "4180"),
    ("aluminium", "铝", "897"),
    ("copper", "铜", "385"),
    ("iron", "铁", "449"),
    ("ethanol", "乙醇", "2440"),
)


def heating(draw: Draw, language: str, level: int) -> Problem:
    """Heat for a rise in temperature, from kilograms or grams, or the time that a heater needs."""
    english, chinese, capacity = draw.one_of(HEATED)
    c, rise = Given(capacity, "J/kg/K"), measured(draw, 5, 60, "K")
    m = measured(draw, 0.2, 9, "kg") if level == 1 else measured(draw, 50, 900, "g")
    p = measured(draw, 100, 900, "W")
    heat = c.value * in_unit(m, "kg") * rise.value
    taken = intermediate(heat, "J")
    what = {"en": english, "zh": chinese}[language]
    ask = draw.one_of(
        {
            "en": (
                f"How much heat raises the temperature of {say(m)} of {what} by {say(rise)}? Its specific heat "
                f"capacity "
                f"is {say(c)}.",
                f"The specific heat capacity of {what} is {say(c)}. Find the energy needed to warm {say(m)} of "
                f"it by {say(rise)}.",
            )
            if level < 3
            else (
                f"A heater of {say(p)} warms {say(m)} of {what} (specific heat capacity {say(c)}) by "
                f"{say(rise)}. How "
                f"many seconds does it take if no heat is lost?",
            ),
            "zh": (f"{what}的比热容是 {say(c)}，{say(m)} 的{what}温度升高 {say(rise)} 需要吸收多少热量？",)
            if level < 3
            else (
                f"用功率为 {say(p)} 的加热器把 {say(m)} 的{what}（比热容 {say(c)}）升温 {say(rise)}，"
                f"不计热损失，需要多少秒？",
            ),
        }[language]
    )
    work = f"Q = mc\\Delta T = {plain(in_unit(m, 'kg'))} \\times {c.written} \\times {rise.written}"
    joules = m.quantity * rise.quantity * c.quantity
    steps = conversion(m, "kg", language)
    if level < 3:
        return finished(ask, steps, work, heat, "J", joules, language)
    steps += (
        f"${work} \\approx {taken.written}\\ \\text{{J}}$"
        + {"en": ". Time is energy divided by power: ", "zh": "。时间等于热量除以功率："}[language]
    )
    return finished(
        ask,
        steps,
        f"t = \\frac{{{taken.written}}}{{{p.written}}}",
        taken.value / p.value,
        "s",
        joules / p.quantity,
        language,
    )


def wave(draw: Draw, language: str, level: int) -> Problem:
    """Wavelength from frequency, or the time of an echo."""
    c = Given("343", "m/s") if level != 2 else Given(draw.one_of(("1480", "1520", "5120")), "m/s")
    f, d = measured(draw, 20, 900, "Hz"), measured(draw, 20, 900, "m")
    if level < 3:
        ask = draw.one_of(
            {
                "en": (
                    f"Sound travels at {say(c)} in a medium. What is the wavelength of a tone of {say(f)}?",
                    f"A tone of {say(f)} spreads at {say(c)}. Find the distance between two crests.",
                ),
                "zh": (f"声音在某介质中的速度是 {say(c)}，频率为 {say(f)} 的声波波长是多少？",),
            }[language]
        )
        formula = f"\\lambda = \\frac{{v}}{{f}} = \\frac{{{c.written}}}{{{f.written}}}"
        steps = {"en": "One wavelength passes in each period, so ", "zh": "由 $v = \\lambda f$，"}[language]
        period = quantity(1) / f.quantity
        return finished(ask, steps, formula, c.value / f.value, "m", c.quantity * period, language)
    ask = draw.one_of(
        {
            "en": (
                f"A cliff is {say(d)} away. After what time does the echo of a shout return, if sound travels "
                f"at {say(c)}?",
                f"How long does a sound take to a wall {say(d)} away and back at {say(c)}?",
            ),
            "zh": (f"峭壁在 {say(d)} 外，声速为 {say(c)}，喊声过多久传回来？",),
        }[language]
    )
    formula = f"t = \\frac{{2d}}{{v}} = \\frac{{2 \\times {d.written}}}{{{c.written}}}"
    steps = {"en": "The sound covers the distance twice: ", "zh": "声音往返走了两倍距离："}[language]
    return finished(
        ask, steps, formula, 2 * d.value / c.value, "s", d.quantity / c.quantity + d.quantity / c.quantity, language
    )


def liquid_pressure(draw: Draw, language: str, level: int) -> Problem:
    """Pressure of a column of liquid; centimetres or the force on an area at higher levels."""
    name, zh, rho = draw.one_of(
        (("water", "水", "1000"), ("sea water", "海水", "1030"), ("oil", "油", "870"), ("mercury", "水银", "13600"))
    )
    density, g = Given(rho, "kg/m^3"), Given("9.81", "m/s^2")
    h = measured(draw, 1, 60, "m") if level != 2 else measured(draw, 5, 95, "cm")
    area = measured(draw, 0.1, 9, "m^2")
    pressure = density.value * g.value * in_unit(h, "m")
    pascals = intermediate(pressure, "Pa")
    liquid = {"en": name, "zh": zh}[language]
    end = {
        "en": f"the force on {area.written} m² of the floor" if level == 3 else "the pressure of the liquid",
        "zh": f"底面上 {area.written} m² 所受的压力" if level == 3 else "液体产生的压强",
    }[language]
    ask = draw.one_of(
        {
            "en": (
                f"A tank holds {liquid} (density {say(density)}) to a depth of {say(h)}. Find {end} at the "
                f"bottom, with $g$ = {say(g)}.",
                f"With $g$ = {say(g)} and a density of {say(density)}, what is {end} at the bottom of {say(h)} "
                f"of {liquid}?",
            ),
            "zh": (f"容器中{liquid}（密度 {say(density)}）深 {say(h)}，取 $g$ = {say(g)}，求{end}。",),
        }[language]
    )
    formula = f"p = \\rho g h = {density.written} \\times {g.written} \\times {plain(in_unit(h, 'm'))}"
    steps = conversion(h, "m", language)
    # The weight of the column that stands on the area.
    weight = density.quantity * (h.quantity * area.quantity) * g.quantity
    if level < 3:
        return finished(ask, steps, formula, pressure, "Pa", weight / area.quantity, language)
    steps += (
        f"${formula} \\approx {pascals.written}\\ \\text{{Pa}}$"
        + {"en": ". Force is pressure times area: ", "zh": "。压力等于压强乘以面积："}[language]
    )
    force = f"F = pA = {pascals.written} \\times {area.written}"
    return finished(ask, steps, force, pascals.value * area.value, "N", weight, language)


TEMPLATES: dict[str, Callable[[Draw, str, int], Problem]] = {
    "acceleration": acceleration,
    "kinetic_energy": kinetic_energy,
    "resistor": resistor,
    "heating": heating,
    "wave": wave,
    "liquid_pressure": liquid_pressure,
}
