"""Problems of physics about matter: heat, waves, pressure of liquids; three significant figures, units as algebra."""

from __future__ import annotations

from collections.abc import Callable

from synth.figures import Given, intermediate, measured
from synth.measurement import conversion, finished, in_unit, plain, say
from synth.problem import Draw, Problem
from synth.quantity import quantity

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
    "heating": heating,
    "wave": wave,
    "liquid_pressure": liquid_pressure,
}
