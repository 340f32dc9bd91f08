"""Problems of equations: quadratics, inequalities, exponentials.

Roots are checked by putting them back, inequalities by trying numbers, those beside the bounds among them.
"""

from __future__ import annotations

import math
from fractions import Fraction

from synth.problem import Draw, Problem, fraction, number, signed


def polynomial(coefficients: list[int], unknown: str) -> str:
    """Return LaTeX of a polynomial, highest power first; zero terms are left out."""
    written = ""
    for power, value in zip(range(len(coefficients) - 1, -1, -1), coefficients, strict=True):
        if value == 0:
            continue
        letter = "" if power == 0 else unknown if power == 1 else f"{unknown}^{power}"
        size = "" if abs(value) == 1 and letter else str(abs(value))
        sign = ("-" if value < 0 else "") if not written else (" - " if value < 0 else " + ")
        written += f"{sign}{size}{letter}"
    return written or "0"


def bracketed(value: int) -> str:
    """Return a number, in brackets if it is negative."""
    return str(value) if value >= 0 else f"({value})"


def quadratic(draw: Draw, language: str, level: int) -> Problem:
    """Whole roots, fractions, or square roots that stay."""
    x = draw.one_of(("x", "y", "t", "z"))
    if level == 3:
        a, b, c = _surd_coefficients(draw)
    else:
        p, q = (1, 1) if level == 1 else (draw.whole(2, 5), draw.whole(1, 4))
        r, s = draw.nonzero(12), draw.nonzero(12)
        a, b, c = p * q, -(p * s + q * r), r * s
    left = polynomial([a, b, c], x)
    ask = draw.one_of(
        {
            "en": (
                f"Solve ${left} = 0$.",
                f"Find all real solutions of ${left} = 0$.",
                f"For which real ${x}$ is ${left}$ equal to zero?",
                f"Determine the roots of the quadratic ${left}$.",
                f"Where does the parabola with height ${left}$ cross the horizontal axis?",
            ),
            "zh": (f"解方程 ${left} = 0$。", f"求 ${left} = 0$ 的全部实数解。", f"二次式 ${left}$ 的零点是什么？"),
        }[language]
    )
    discriminant = b * b - 4 * a * c
    work = f"D = {bracketed(b)}^2 - 4 \\times {a} \\times {bracketed(c)} = {discriminant}"
    roots, written = _roots(a, b, discriminant)
    joined = (" \\quad\\text{and}\\quad " if language == "en" else "，\\quad ").join(
        f"{x} = {root}" for root in written
    )
    solve = {
        "en": f"Here $a = {a}$, $b = {b}$, $c = {c}$. The discriminant is ${work}$. The formula "
        f"${x} = \\frac{{-b \\pm \\sqrt{{D}}}}{{2a}}$ gives $"
        + joined
        + "$."
        + draw.one_of((f" Their sum is ${number(Fraction(-b, a))}$, as $-b/a$ must be.", "", " Put back, they fit.")),
        "zh": f"$a = {a}$，$b = {b}$，$c = {c}$，判别式 ${work}$。由求根公式 "
        f"${x} = \\frac{{-b \\pm \\sqrt{{D}}}}{{2a}}$ 得 $" + joined + "$。",
    }[language]
    # A root u + v*sqrt(D) put back: the rational part and the part beside the square root must both vanish.
    fits = all(a * (u * u + v * v * discriminant) + b * u + c == 0 and 2 * a * u * v + b * v == 0 for u, v in roots)
    distinct = len({u + v * Fraction(math.isqrt(discriminant)) for u, v in roots}) == len(written)
    return Problem(ask, solve, True, fits and distinct)


def _surd_coefficients(draw: Draw) -> tuple[int, int, int]:
    while True:
        a, b, c = draw.whole(1, 5), draw.nonzero(12), draw.nonzero(15)
        discriminant = b * b - 4 * a * c
        if discriminant > 0 and math.isqrt(discriminant) ** 2 != discriminant:
            return a, b, c


def _roots(a: int, b: int, discriminant: int) -> tuple[list[tuple[Fraction, Fraction]], list[str]]:
    """Return the roots as (u, v) for u + v * sqrt(discriminant), and as LaTeX."""
    u, v = Fraction(-b, 2 * a), Fraction(1, 2 * a)
    whole = math.isqrt(discriminant)
    if whole**2 == discriminant:
        values = sorted({u - v * whole, u + v * whole})
        return [(value, Fraction(0)) for value in values], [fraction(value) for value in values]
    square = max(k for k in range(1, whole + 1) if discriminant % (k * k) == 0)
    common = math.gcd(b, square, 2 * a)
    top, factor, below = -b // common, square // common, 2 * a // common
    surd = f"{'' if factor == 1 else factor}\\sqrt{{{discriminant // square**2}}}"
    forms = [f"{top} {sign} {surd}" for sign in "-+"]
    return [(u, -v), (u, v)], forms if below == 1 else [f"\\frac{{{form}}}{{{below}}}" for form in forms]


def inequality(draw: Draw, language: str, level: int) -> Problem:
    """Linear with a negative factor, quadratic, or an absolute value."""
    left, relation, solution, steps, holds, claimed = (_linear, _quadratic_sign, _absolute)[level - 1](draw, language)
    ask = draw.one_of(
        {
            "en": (
                f"Solve the inequality ${left} {relation}$.",
                f"For which real numbers $x$ does ${left} {relation}$ hold?",
                f"Find the set of all real $x$ with ${left} {relation}$.",
            ),
            "zh": (f"解不等式 ${left} {relation}$。", f"求满足 ${left} {relation}$ 的实数 $x$ 的取值范围。"),
        }[language]
    )
    close = {"en": f" The solution is ${solution}$.", "zh": f"所以解是 ${solution}$。"}[language]
    edges = [edge for edge in (claimed.low, claimed.high) if edge is not None]
    near = (Fraction(-1, 1000), Fraction(0), Fraction(1, 1000))
    tried = [*map(Fraction, range(-50, 51)), *(edge + step for edge in edges for step in near)]
    return Problem(ask, steps + close, [claimed(x) for x in tried], [holds(x) for x in tried])


_Inequality = tuple[str, str, str, str, "_Test", "_Region"]
"""Left side, relation, solution, steps, the condition itself, and the region said to solve it."""


class _Test:
    """A polynomial, or its absolute value, compared with a bound."""

    def __init__(self, coefficients: tuple[int, ...], below: bool, bound: int = 0, absolute: bool = False) -> None:
        self._coefficients, self._below, self._bound, self._absolute = coefficients, below, bound, absolute

    def __call__(self, x: Fraction) -> bool:
        value = Fraction(0)
        for coefficient in self._coefficients:
            value = value * x + coefficient
        value = abs(value) if self._absolute else value
        return value < self._bound if self._below else value > self._bound


class _Region:
    """Numbers strictly between two bounds, either of which may be absent, or strictly outside of them."""

    def __init__(self, low: Fraction | None, high: Fraction | None, inside: bool) -> None:
        self.low, self.high, self._inside = low, high, inside

    def __call__(self, x: Fraction) -> bool:
        if self._inside:
            return (self.low is None or x > self.low) and (self.high is None or x < self.high)
        return (self.low is not None and x < self.low) or (self.high is not None and x > self.high)


def _linear(draw: Draw, language: str) -> _Inequality:
    a, b, c = -draw.whole(2, 12), draw.nonzero(40), draw.nonzero(40)
    below = draw.one_of((True, False))
    sign, turned = ("<", ">") if below else (">", "<")
    edge = Fraction(c - b, a)
    steps = {
        "en": f"Moving the constant gives ${a}x {sign} {c - b}$. Dividing by the negative number {a} turns the sign.",
        "zh": f"移项得 ${a}x {sign} {c - b}$，两边同除以负数 {a}，不等号改变方向。",
    }[language]
    region = _Region(edge, None, True) if below else _Region(None, edge, True)
    return f"{a}x {signed(b)}", f"{sign} {c}", f"x {turned} {fraction(edge)}", steps, _Test((a, b), below, c), region


def _quadratic_sign(draw: Draw, language: str) -> _Inequality:
    p, gap, a = draw.whole(-12, 11), draw.whole(1, 12), draw.whole(1, 4)
    q, below = p + gap, draw.one_of((True, False))
    coefficients = [a, -a * (p + q), a * p * q]
    first, second = (f"(x {signed(-r)})" if r else "x" for r in (p, q))
    lead = "" if a == 1 else str(a)
    region = f"{p} < x < {q}" if below else f"x < {p} \\text{{ or }} x > {q}"
    region = region if language == "en" else region.replace("\\text{ or }", "\\text{ 或 }")
    place = ("negative between", "之间取负值") if below else ("positive outside of", "之外取正值")
    steps = {
        "en": f"Factor: ${polynomial(coefficients, 'x')} = {lead}{first}{second}$. The zeros are {p} and {q}, "
        f"and the "
        f"parabola opens upwards, so it is {place[0]} them.",
        "zh": f"因式分解：${polynomial(coefficients, 'x')} = {lead}{first}{second}$，零点是 {p} 和 {q}，"
        f"抛物线开口向上，"
        f"在两零点{place[1]}。",
    }[language]
    return (
        polynomial(coefficients, "x"),
        "< 0" if below else "> 0",
        region,
        steps,
        _Test(tuple(coefficients), below),
        _Region(Fraction(p), Fraction(q), below),
    )


def _absolute(draw: Draw, language: str) -> _Inequality:
    a, b, c = draw.whole(1, 9), draw.nonzero(20), draw.whole(1, 30)
    below = draw.one_of((True, False))
    low, high = Fraction(-c - b, a), Fraction(c - b, a)
    term = polynomial([a, b], "x")
    either = "or" if language == "en" else "或"
    if below:
        split, region = f"-{c} < {term} < {c}", f"{fraction(low)} < x < {fraction(high)}"
    else:
        split = f"{term} < -{c} \\text{{ {either} }} {term} > {c}"
        region = f"x < {fraction(low)} \\text{{ {either} }} x > {fraction(high)}"
    steps = {
        "en": f"An absolute value is a distance from zero, so the inequality says ${split}$. "
        f"{'Subtract' if b > 0 else 'Add'} {abs(b)}" + (f" and divide by {a}." if a > 1 else "."),
        "zh": f"绝对值表示到零的距离，所以 ${split}$。两边{'减去' if b > 0 else '加上'} {abs(b)}"
        + (f"，再除以 {a}。" if a > 1 else "。"),
    }[language]
    relation = f"{'<' if below else '>'} {c}"
    test = _Test((a, b), below, c, absolute=True)
    return f"\\left|{term}\\right|", relation, region, steps, test, _Region(low, high, below)


def exponential(draw: Draw, language: str, level: int) -> Problem:
    """An equation of powers or of a logarithm, brought to one base."""
    base, answer = draw.whole(2, 5), draw.whole(-6, 9)
    k, right = draw.whole(1, level + 1), draw.whole(-1, level)
    right += k == right
    shift = draw.nonzero(9)
    total = (k - right) * answer + shift
    one, two = polynomial([k, shift], "x"), polynomial([right, total], "x")
    bases = (base, base) if level == 1 else (base, base**2)
    if level > 1:
        one = polynomial([k * 2, shift * 2], "x")
    ask = draw.one_of(
        {
            "en": (
                f"Solve ${bases[0]}^{{{one}}} = {bases[1]}^{{{two}}}$.",
                f"Find the number $x$ for which ${bases[0]}^{{{one}}} = {bases[1]}^{{{two}}}$.",
            ),
            "zh": (f"解指数方程 ${bases[0]}^{{{one}}} = {bases[1]}^{{{two}}}$。",),
        }[language]
    )
    factor = 1 if level == 1 else 2
    a, b = factor * (k - right), factor * (total - shift)
    same = (
        ""
        if level == 1
        else {
            "en": f"Since ${bases[1]} = {base}^2$, the right side is ${base}^{{2({two})}}$. ",
            "zh": f"因为 ${bases[1]} = {base}^2$，右边等于 ${base}^{{2({two})}}$。",
        }[language]
    )
    equal = f"{one} = {polynomial([factor * right, factor * total], 'x')}"
    solve = {
        "en": f"{same}Equal powers of {base} have equal exponents: ${equal}$. Collecting terms, "
        f"${polynomial([a, 0], 'x')} = {b}$, so $x = {answer}$.",
        "zh": f"{same}底数相同的幂相等，指数就相等：${equal}$。移项得 ${polynomial([a, 0], 'x')} = {b}$，所以 "
        f"$x = {answer}$。",
    }[language]
    sides = [Fraction(bases[0]) ** (factor * (k * answer + shift)), Fraction(bases[1]) ** (right * answer + total)]
    return Problem(ask, solve, sides[0], sides[1])


TEMPLATES = {"quadratic": quadratic, "inequality": inequality, "exponential": exponential}
