"""Problems of calculus: derivatives, antiderivatives and definite integrals.

The steps follow the rules by hand; sympy differentiates independently of them. An antiderivative is checked by
differentiating it, a definite integral by Simpson's rule, which is exact for cubics.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from synth.problem import Draw, Problem, number
from synth.symbolic import latex, stated_if_equal, sympy, variable


def derivative(draw: Draw, language: str, level: int) -> Problem:
    """The power rule, the product rule, or the chain rule."""
    function, result, steps = (_power_rule, _product_rule, _chain_rule)[level - 1](draw, language)
    name = draw.one_of(("f", "g", "h"))
    ask = draw.one_of(
        {
            "en": (
                f"Differentiate ${name}(x) = {latex(function)}$.",
                f"Find the derivative of ${name}(x) = {latex(function)}$ with respect to $x$.",
                f"Let ${name}(x) = {latex(function)}$. Compute ${name}'(x)$.",
                f"What is the slope of the curve $y = {latex(function)}$ at a point $x$ where it is defined?",
                f"Compute $\\frac{{d}}{{dx}}\\left({latex(function)}\\right)$ and name the rule you use.",
            ),
            "zh": (
                f"求函数 ${name}(x) = {latex(function)}$ 的导数。",
                f"已知 ${name}(x) = {latex(function)}$，求 ${name}'(x)$。",
                f"对 $y = {latex(function)}$ 求导，并写出过程。",
            ),
        }[language]
    )
    close = {"en": f"The derivative is ${latex(result)}$.", "zh": f"所以导数是 ${latex(result)}$。"}[language]
    found = sympy().diff(function, variable())
    return Problem(ask, f"{steps}{' ' if language == 'en' else ''}{close}", result, stated_if_equal(result, found))


def _power_rule(draw: Draw, language: str) -> tuple[Any, Any, str]:
    x = variable()
    powers = sorted(draw.several(range(1, 8), draw.whole(2, 4)), reverse=True)
    terms = [(draw.nonzero(12), power) for power in powers]
    constant = draw.whole(-20, 20)
    function = sum((c * x**n for c, n in terms), sympy().Integer(constant))
    each = [(latex(c * x**n), latex(c * n * x ** (n - 1))) for c, n in terms]
    result = sum((c * n * x ** (n - 1) for c, n in terms), sympy().Integer(0))
    if language == "zh":
        listed = "，".join(f"$({was})' = {now}$" for was, now in each)
        return function, result, f"逐项求导，利用 $(x^n)' = n x^{{n-1}}$：{listed}；常数的导数为零。"
    listed = ", ".join(f"${was}$ becomes ${now}$" for was, now in each)
    start = draw.one_of(
        (
            "Use the power rule $(x^n)' = n x^{n-1}$ on each term",
            "A sum is differentiated term by term, multiplying by the exponent and lowering it by one",
        )
    )
    return function, result, f"{start}: {listed}. A constant has derivative zero."


def _outer(draw: Draw, inner: Any) -> tuple[Any, Any]:
    """Return one of sin, cos, exp of an expression, and its derivative with respect to that expression."""
    library = sympy()
    sine, cosine, power = library.sin(inner), library.cos(inner), library.exp(inner)
    return draw.one_of(((sine, cosine), (cosine, -sine), (power, power)))


def _product_rule(draw: Draw, language: str) -> tuple[Any, Any, str]:
    x = variable()
    u = draw.nonzero(9) * x ** draw.whole(1, 4) + draw.nonzero(9)
    rate = draw.whole(1, 7)
    v, by_inner = _outer(draw, rate * x)
    slope = sum((c * n * x ** (n - 1) for (n,), c in sympy().Poly(u, x).terms() if n), sympy().Integer(0))
    result = slope * v + u * rate * by_inner
    parts = f"$u = {latex(u)}$", f"$v = {latex(v)}$", f"$u' = {latex(slope)}$", f"$v' = {latex(rate * by_inner)}$"
    if language == "zh":
        text = f"用乘积法则 $(uv)' = u'v + uv'$，令 {parts[0]}，{parts[1]}，则 {parts[2]}，{parts[3]}。"
        return u * v, result, text
    start = draw.one_of(("Apply", "This is a product, so use"))
    text = (
        f"{start} the product rule $(uv)' = u'v + uv'$ with {parts[0]} and {parts[1]}. Here {parts[2]} and {parts[3]}."
    )
    return u * v, result, text


def _chain_rule(draw: Draw, language: str) -> tuple[Any, Any, str]:
    x, library = variable(), sympy()
    a, b, c = draw.whole(1, 8), draw.nonzero(9), draw.whole(1, 20)
    inner = draw.one_of((a * x**2 + c, a * x**3 + b * x, a * x + b, a * x**2 + b * x))
    slope = sum((k * n * x ** (n - 1) for (n,), k in library.Poly(inner, x).terms() if n), library.Integer(0))
    u, n = library.Symbol("u"), draw.whole(3, 9)
    outer, by_u = draw.one_of((_outer(draw, u), (u**n, n * u ** (n - 1))))
    factor = draw.whole(1, 9)
    function, result = factor * outer.subs(u, inner), factor * by_u.subs(u, inner) * slope
    if language == "zh":
        text = (
            f"用链式法则：令 $u = {latex(inner)}$，则外层函数是 ${latex(factor * outer)}$，对 $u$ 的导数为 "
            f"${latex(factor * by_u)}$，而 $u' = {latex(slope)}$，两者相乘。"
        )
        return function, result, text
    text = (
        f"Use the chain rule. With the inner function $u = {latex(inner)}$ the outer function is "
        f"${latex(factor * outer)}$, whose derivative with respect to $u$ is ${latex(factor * by_u)}$. The inner "
        f"derivative is $u' = {latex(slope)}$. Multiply the two and put $u$ back."
    )
    return function, result, text


def antiderivative(draw: Draw, language: str, level: int) -> Problem:
    """Powers, a linear substitution, or integration by parts; checked by differentiating."""
    integrand, result, steps = (_power_terms, _substitution, _by_parts)[level - 1](draw, language)
    ask = draw.one_of(
        {
            "en": (
                f"Find $\\int \\left({latex(integrand)}\\right) dx$.",
                f"Integrate $f(x) = {latex(integrand)}$.",
                f"Determine all antiderivatives of $f(x) = {latex(integrand)}$.",
                f"Which functions have the derivative ${latex(integrand)}$?",
            ),
            "zh": (
                f"求不定积分 $\\int \\left({latex(integrand)}\\right) dx$。",
                f"求 $f(x) = {latex(integrand)}$ 的全体原函数。",
                f"哪些函数的导数是 ${latex(integrand)}$？",
            ),
        }[language]
    )
    close = {
        "en": f" So the integral is ${latex(result)} + C$. Differentiating it gives the integrand back.",
        "zh": f"因此积分为 ${latex(result)} + C$，对它求导就得到被积函数。",
    }[language]
    back = sympy().diff(result, variable())
    checked = result if stated_if_equal(integrand, back) == integrand else back
    return Problem(ask, steps + close, result, checked)


def _power_terms(draw: Draw, language: str) -> tuple[Any, Any, str]:
    x, library = variable(), sympy()
    powers = sorted(draw.several(range(0, 7), draw.whole(2, 4)), reverse=True)
    terms = [(draw.nonzero(15), power) for power in powers]
    integrand = sum((c * x**n for c, n in terms), library.Integer(0))
    made = [library.Rational(c, n + 1) * x ** (n + 1) for c, n in terms]
    pairs = [(latex(c * x**n), latex(term)) for (c, n), term in zip(terms, made, strict=True)]
    if language == "zh":
        listed = "，".join(f"$\\int ({was}) \\, dx = {now}$" for was, now in pairs)
        steps = (
            f"逐项积分，利用 $\\int x^n \\, dx = \\frac{{x^{{n+1}}}}{{n+1}}$（$n \\ne -1$）：{listed}（常数先不写）。"
        )
    else:
        listed = ", ".join(f"${was}$ gives ${now}$" for was, now in pairs)
        steps = f"Raise each exponent by one and divide by the new exponent: {listed}."
    return integrand, sum(made, library.Integer(0)), steps


def _substitution(draw: Draw, language: str) -> tuple[Any, Any, str]:
    x, library = variable(), sympy()
    a, b, factor, n = draw.whole(2, 9), draw.whole(1, 12), draw.whole(1, 12), draw.whole(2, 8)
    u = library.Symbol("u", positive=True)
    outer, whole = draw.one_of(
        (
            (u**n, u ** (n + 1) / (n + 1)),
            (library.cos(u), library.sin(u)),
            (library.sin(u), -library.cos(u)),
            (library.exp(u), library.exp(u)),
            (1 / u, library.log(u)),
        )
    )
    inner = a * x + b
    shown = library.log(library.Abs(u)) if whole == library.log(u) else whole
    result = library.Rational(factor, a) * shown.subs(u, inner)
    left = f"\\int {latex(library.Rational(factor, a) * outer)} \\, du"
    if language == "zh":
        steps = (
            f"令 $u = {latex(inner)}$，则 $du = {a} \\, dx$，积分变为 ${left} = "
            f"{latex(library.Rational(factor, a) * shown)} + C$。"
        )
    else:
        steps = (
            f"Substitute $u = {latex(inner)}$, so that $du = {a} \\, dx$. The integral becomes "
            f"${left} = {latex(library.Rational(factor, a) * shown)} + C$. Now put $u$ back."
        )
    return factor * outer.subs(u, inner), result, steps


def _by_parts(draw: Draw, language: str) -> tuple[Any, Any, str]:
    x, library = variable(), sympy()
    a, b, k = draw.nonzero(9), draw.whole(-9, 9), draw.whole(1, 6)
    inner = k * x
    first, once, twice = draw.one_of(
        (
            (library.exp(inner), library.exp(inner), library.exp(inner)),
            (library.sin(inner), -library.cos(inner), -library.sin(inner)),
            (library.cos(inner), library.sin(inner), -library.cos(inner)),
        )
    )
    u, v = a * x + b, once / k
    result = u * v - library.Rational(a, k**2) * twice
    if language == "zh":
        steps = (
            f"用分部积分 $\\int u \\, dv = uv - \\int v \\, du$，取 $u = {latex(u)}$，$dv = {latex(first)} \\, dx$，"
            f"则 $du = {a} \\, dx$，$v = {latex(v)}$；剩下的积分 $\\int {latex(a * v)} \\, dx = "
            f"{latex(library.Rational(a, k**2) * twice)}$。"
        )
    else:
        steps = (
            f"Integrate by parts, $\\int u \\, dv = uv - \\int v \\, du$, with $u = {latex(u)}$ and "
            f"$dv = {latex(first)} \\, dx$. Then $du = {a} \\, dx$ and $v = {latex(v)}$. What remains is "
            f"$\\int {latex(a * v)} \\, dx = {latex(library.Rational(a, k**2) * twice)}$, which is subtracted."
        )
    return u * first, result, steps


def definite_integral(draw: Draw, language: str, level: int) -> Problem:
    """The integral of a polynomial of degree ``level`` over an interval."""
    coefficients = [draw.whole(-9, 9) for _ in range(level)] + [draw.nonzero(6)]
    low = draw.whole(-3, 3)
    high = low + draw.whole(1, 4)
    x, library = variable(), sympy()
    integrand = sum((c * x**n for n, c in enumerate(coefficients)), library.Integer(0))
    whole = sum((library.Rational(c, n + 1) * x ** (n + 1) for n, c in enumerate(coefficients)), library.Integer(0))
    at_high, at_low = (
        sum((Fraction(c, n + 1) * at ** (n + 1) for n, c in enumerate(coefficients)), Fraction(0)) for at in (high, low)
    )
    answer = at_high - at_low
    integral = f"\\int_{{{low}}}^{{{high}}} \\left({latex(integrand)}\\right) dx"
    ask = draw.one_of(
        {
            "en": (
                f"Evaluate ${integral}$.",
                f"Compute the definite integral ${integral}$ exactly.",
                f"What is the signed area between the graph of $y = {latex(integrand)}$ and the $x$-axis from "
                f"$x = {low}$ to $x = {high}$?",
            ),
            "zh": (
                f"计算定积分 ${integral}$。",
                f"求曲线 $y = {latex(integrand)}$ 与 $x$ 轴在 $x = {low}$ 到 $x = {high}$ 之间的有向面积。",
            ),
        }[language]
    )
    plain = number(at_low)
    minus = f"{number(at_high)} - {plain if at_low >= 0 else f'({plain})'}"
    solve = {
        "en": f"An antiderivative is $F(x) = {latex(whole)}$. At the ends $F({high}) = {number(at_high)}$ and "
        f"$F({low}) = {plain}$. By the fundamental theorem the value is $F({high}) - F({low})$, that is "
        f"${minus} = {number(answer)}$.",
        "zh": f"一个原函数是 $F(x) = {latex(whole)}$，端点处 $F({high}) = {number(at_high)}$，$F({low}) = {plain}$。"
        f"由微积分基本定理，积分等于 $F({high}) - F({low})$，即 ${minus} = {number(answer)}$。",
    }[language]
    ends = [Fraction(low), Fraction(low + high, 2), Fraction(high)]
    heights = [sum((c * at**n for n, c in enumerate(coefficients)), Fraction(0)) for at in ends]
    simpson = Fraction(high - low, 6) * (heights[0] + 4 * heights[1] + heights[2])
    return Problem(ask, solve, answer, simpson)


def tangent(draw: Draw, language: str, level: int) -> Problem:
    """The tangent of a parabola or a cubic at a point; it must touch: the difference has a double root there."""
    degree = 2 if level == 1 else 3
    c = [draw.whole(-9, 9) for _ in range(degree)] + [draw.nonzero(5)]
    at = draw.whole(-4, 4)
    x, library = variable(), sympy()
    curve = sum((k * x**n for n, k in enumerate(c)), library.Integer(0))
    height = sum(k * at**n for n, k in enumerate(c))
    slope_formula = sum((k * n * x ** (n - 1) for n, k in enumerate(c) if n), library.Integer(0))
    slope = sum(k * n * at ** (n - 1) for n, k in enumerate(c) if n)
    shift = height - slope * at
    line = f"y = {latex(slope * x + shift)}"
    ask = draw.one_of(
        {
            "en": (
                f"Find the tangent to $y = {latex(curve)}$ at $x = {at}$.",
                f"Which line touches the curve $y = {latex(curve)}$ where $x = {at}$?",
                f"Give the linear approximation of $f(x) = {latex(curve)}$ near $x = {at}$.",
            ),
            "zh": (f"求曲线 $y = {latex(curve)}$ 在 $x = {at}$ 处的切线方程。",),
        }[language]
    )
    solve = {
        "en": f"The point of contact is $({at}, {height})$. The derivative is $y' = {latex(slope_formula)}$, and at "
        f"$x = {at}$ it has the value {slope}. The line through the point with this slope meets the $y$-axis at "
        f"${height} - ({slope}) \\times ({at}) = {shift}$. The tangent is ${line}$.",
        "zh": f"切点是 $({at}, {height})$。导数 $y' = {latex(slope_formula)}$，在 $x = {at}$ 处等于 {slope}。"
        f"截距为 ${height} - ({slope}) \\times ({at}) = {shift}$，所以切线是 ${line}$。",
    }[language]
    gap = library.Poly(curve - (slope * x + shift), x)
    touches = gap.rem(library.Poly((x - at) ** 2, x)).is_zero
    return Problem(ask, solve, True, touches)


TEMPLATES = {
    "derivative": derivative,
    "antiderivative": antiderivative,
    "definite_integral": definite_integral,
    "tangent": tangent,
}
