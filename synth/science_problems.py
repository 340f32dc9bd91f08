"""Problems of measurement and physics: motion, units, areas, density, electric circuits."""

from __future__ import annotations

from fractions import Fraction

from synth.problem import Draw, Problem, number, quotient

MOVERS = {
    "en": ("train", "cyclist", "lorry", "ship", "bus"),
    "zh": ("一列火车", "一个骑车人", "一辆卡车", "一艘轮船", "一辆公共汽车"),
}
MATERIALS = (("metal", "金属", 26, 110), ("stone", "石头", 22, 31), ("wood", "木头", 4, 9), ("plastic", "塑料", 9, 14))
"""English and Chinese name, and the range of densities in tenths of a gram per cubic centimetre."""


def uniform_motion(draw: Draw, language: str) -> Problem:
    """Distance from speed and minutes."""
    speed, minutes = draw.whole(4, 60) * 3, draw.whole(4, 48) * 5
    hours = Fraction(minutes, 60)
    answer = speed * hours
    who = draw.one_of(MOVERS[language])
    ask = draw.one_of(
        {
            "en": (
                f"A {who} moves at a constant {speed} km/h. How far does it get in {minutes} minutes?",
                f"How many kilometres does a {who} cover in {minutes} minutes at a steady speed of {speed} kilometres "
                f"per hour?",
                f"A {who} keeps a speed of {speed} km/h for {minutes} minutes. Find the distance travelled.",
            ),
            "zh": (f"{who}以每小时 {speed} 千米的速度匀速前进，{minutes} 分钟走多少千米？",),
        }[language]
    )
    solve = {
        "en": f"In uniform motion the distance is speed times time, $s = vt$. The time must be in hours: "
        f"${minutes} \\div 60 = {number(hours)}$ h. Then $s = {speed} \\times {number(hours)} = "
        f"{number(answer)}$ km.",
        "zh": f"匀速运动的路程等于速度乘以时间，$s = vt$。先把时间化成小时：${minutes} \\div 60 = {number(hours)}$ "
        f"小时。"
        f"于是 $s = {speed} \\times {number(hours)} = {number(answer)}$ 千米。",
    }[language]
    return Problem(ask, solve, answer, Fraction(speed, 60) * minutes)


def meeting(draw: Draw, language: str) -> Problem:
    """Two bodies moving towards each other."""
    first, second, distance = draw.whole(10, 90), draw.whole(10, 90), draw.whole(20, 400)
    answer = Fraction(distance, first + second)
    ask = draw.one_of(
        {
            "en": (
                f"Two towns are {distance} km apart. A car leaves one at {first} km/h while another leaves the second "
                f"at {second} km/h "
                "towards it. After how many hours do they meet?",
                f"Two trains start towards each other at the same time from stations {distance} km apart, one at "
                f"{first} km/h and one "
                f"at {second} km/h. When do they meet?",
            ),
            "zh": (
                f"两地相距 {distance} 千米，两车同时相向而行，速度分别是每小时 {first} 千米和 {second} 千米。"
                f"几小时后相遇？",
            ),
        }[language]
    )
    solve = {
        "en": f"Each hour the gap shrinks by the sum of the speeds, ${first} + {second} = {first + second}$ km. The "
        f"time to close "
        f"{distance} km is $t = {quotient(distance, first + second)}$ hours. Measured from the first start, "
        f"they meet at ${first} \\times {number(answer)} = {number(first * answer)}$ km.",
        "zh": f"两车每小时靠近 ${first} + {second} = {first + second}$ 千米，所以相遇时间是 "
        f"$t = {quotient(distance, first + second)}$ 小时，"
        f"相遇处离第一地 ${first} \\times {number(answer)} = {number(first * answer)}$ 千米。",
    }[language]
    # At the meeting both have come from their ends to the same place.
    place = Fraction(first) * answer
    return Problem(ask, solve, answer, (distance - place) / second)


def speed_units(draw: Draw, language: str) -> Problem:
    """Kilometres an hour to metres a second."""
    speed = draw.whole(1, 120) * 3
    answer = Fraction(speed * 1000, 3600)
    ask = draw.one_of(
        {
            "en": (
                f"Convert {speed} km/h to metres per second.",
                f"A vehicle travels at {speed} kilometres per hour. What is this in m/s?",
                f"Express a speed of {speed} km/h in m/s.",
            ),
            "zh": (f"把 {speed} 千米/时换算成米/秒。", f"一辆车的速度是 {speed} 千米/时，合多少米/秒？"),
        }[language]
    )
    solve = {
        "en": f"One kilometre is 1000 metres and one hour is 3600 seconds. Hence "
        f"${speed}\\ \\text{{km/h}} = {speed} \\times \\frac{{1000}}{{3600}}\\ \\text{{m/s}} = "
        f"{number(answer)}\\ \\text{{m/s}}$.",
        "zh": f"1 千米等于 1000 米，1 小时等于 3600 秒，所以 ${speed} \\times \\frac{{1000}}{{3600}} = "
        f"{number(answer)}$，"
        f"即 ${number(answer)}$ 米/秒。",
    }[language]
    return Problem(ask, solve, answer, Fraction(speed) / Fraction(18, 5))


def trapezium(draw: Draw, language: str) -> Problem:
    """Area of a trapezium."""
    a, b, h = draw.whole(3, 60), draw.whole(3, 60), draw.whole(2, 50)
    answer = Fraction((a + b) * h, 2)
    ask = draw.one_of(
        {
            "en": (
                f"A trapezium has parallel sides of {a} cm and {b} cm and a height of {h} cm. Find its area.",
                f"What is the area of a field in the shape of a trapezium whose parallel sides measure {a} m and {b} "
                f"m, {h} m apart? "
                "Give the number of square metres.",
            ),
            "zh": (f"梯形的上底是 {a} 厘米，下底是 {b} 厘米，高是 {h} 厘米，求它的面积。",),
        }[language]
    )
    solve = {
        "en": f"The area of a trapezium is half the sum of the parallel sides times the height: $A = \\frac{{(a + "
        f"b)h}}{{2}} = "
        f"\\frac{{({a} + {b}) \\times {h}}}{{2}} = \\frac{{{(a + b) * h}}}{{2}} = {number(answer)}$. "
        f"The area is {number(answer)} square units.",
        "zh": f"梯形的面积等于上底加下底的和乘以高再除以 2：$S = \\frac{{({a} + {b}) \\times {h}}}{{2}} = "
        f"{number(answer)}$，"
        f"所以面积是 {number(answer)} 平方厘米。",
    }[language]
    low, high = min(a, b), max(a, b)
    return Problem(ask, solve, answer, Fraction(low * h) + Fraction((high - low) * h, 2))


def density(draw: Draw, language: str) -> Problem:
    """Mass from density and the sides of a block."""
    a, b, c = draw.whole(2, 20), draw.whole(2, 20), draw.whole(2, 20)
    english, chinese, lightest, heaviest = draw.one_of(MATERIALS)
    what, tenths = english if language == "en" else chinese, draw.whole(lightest, heaviest)
    volume, rho = a * b * c, Fraction(tenths, 10)
    answer = volume * rho
    ask = draw.one_of(
        {
            "en": (
                f"A block of {what} measures {a} cm by {b} cm by {c} cm and has a density of {number(rho)} g/cm³. "
                f"What is its mass?",
                f"Find the mass of a rectangular block with sides {a} cm, {b} cm and {c} cm, made of a {what} of "
                f"density {number(rho)} "
                "grams per cubic centimetre.",
            ),
            "zh": (
                f"一块长方体{what}的长、宽、高分别是 {a} 厘米、{b} 厘米和 {c} 厘米，密度是 {number(rho)} 克/立方厘米，"
                f"它的质量是多少？",
            ),
        }[language]
    )
    solve = {
        "en": f"The volume of the block is $V = {a} \\times {b} \\times {c} = {volume}\\ \\text{{cm}}^3$. Density is "
        f"mass per volume, "
        f"$\\rho = \\frac{{m}}{{V}}$, so $m = \\rho V = {number(rho)} \\times {volume} = {number(answer)}$ "
        f"grams.",
        "zh": f"体积是 $V = {a} \\times {b} \\times {c} = {volume}$ 立方厘米。由 $\\rho = \\frac{{m}}{{V}}$ 得 "
        f"$m = \\rho V = {number(rho)} \\times {volume} = {number(answer)}$ 克。",
    }[language]
    return Problem(ask, solve, answer, Fraction(tenths * a, 10) * b * c)


def parallel_resistors(draw: Draw, language: str) -> Problem:
    """Current through two resistors side by side."""
    first, second, voltage = draw.whole(2, 60), draw.whole(2, 60), draw.whole(3, 48)
    one, two = Fraction(voltage, first), Fraction(voltage, second)
    answer = one + two
    ask = draw.one_of(
        {
            "en": (
                f"Resistors of {first} Ω and {second} Ω are connected in parallel to a {voltage} V battery. What "
                f"total current flows?",
                f"A source of {voltage} volts feeds two parallel resistors, {first} ohms and {second} ohms. Find the "
                f"current it delivers.",
            ),
            "zh": (f"{first} 欧和 {second} 欧的两个电阻并联在 {voltage} 伏的电源上，总电流是多少安？",),
        }[language]
    )
    solve = {
        "en": f"In parallel both resistors carry the full voltage. By Ohm's law $I_1 = {quotient(voltage, first)}$ A "
        f"and "
        f"$I_2 = {quotient(voltage, second)}$ A. The currents add: $I = {number(one)} + {number(two)} = "
        f"{number(answer)}$ A.",
        "zh": f"并联时两个电阻的电压相等。由欧姆定律，$I_1 = {quotient(voltage, first)}$ 安，"
        f"$I_2 = {quotient(voltage, second)}$ 安，总电流 $I = {number(one)} + {number(two)} = "
        f"{number(answer)}$ 安。",
    }[language]
    resistance = Fraction(first * second, first + second)
    return Problem(ask, solve, answer, voltage / resistance)


TEMPLATES = {
    "uniform_motion": uniform_motion,
    "meeting": meeting,
    "speed_units": speed_units,
    "trapezium": trapezium,
    "density": density,
    "parallel_resistors": parallel_resistors,
}
