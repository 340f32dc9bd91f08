"""Answers of mathematics found again from the printed question, by another program than the one that made them."""

import re
from itertools import islice

import pytest
import sympy

from synth.mathematics import Mathematics
from synth.problem import Problem, verified
from synth.symbolic import stated_if_equal, variable

DOCUMENTS = list(islice(Mathematics(languages=("en",)).documents(5), 900))


def of(name):
    found = [document for document in DOCUMENTS if f"/{name}/" in document.made_by]
    assert len(found) > 20
    return found


def numbers(text):
    return [int(n) for n in re.findall(r"-?\d+", text)]


def expression(latex):
    """Read the LaTeX that sympy writes for polynomials, sin, cos, exp and ln."""
    text = re.sub(r"\\left\|([^|]*)\\right\|", r"Abs(\1)", latex)
    text = text.replace("\\left", "").replace("\\right", "").replace("\\ln", "\\log")
    for _ in range(3):
        text = re.sub(r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", r"((\1)/(\2))", text)
    text = re.sub(r"e\^\{([^{}]*)\}", r"exp(\1)", text)
    text = re.sub(r"\^\{([^{}]*)\}", r"**(\1)", text)
    text = re.sub(r"\\(sin|cos|log)\{(\([^{}]*\))\}", r"\1\2", text)
    text = re.sub(r"\\(sin|cos|log)", r"\1", text)
    transformations = (*sympy.parsing.sympy_parser.standard_transformations, *_IMPLICIT)
    return sympy.parse_expr(text, {"x": variable()}, transformations)


_IMPLICIT = (sympy.parsing.sympy_parser.implicit_multiplication,)


def equal(first, second):
    return stated_if_equal(first, second) is first


def test_derivatives_agree_with_the_slope_of_the_printed_function():
    for document in of("derivative"):
        (printed,) = re.findall(
            r"(?:\(x\) = |y = |\\frac\{d\}\{dx\}\\left\()(.*?)(?:\\right\)\$|\$)", document.question
        )[:1]
        stated = document.answer.rsplit("The derivative is $", 1)[1].removesuffix("$.")
        assert equal(expression(stated), sympy.diff(expression(printed), variable())), document.text


def test_antiderivatives_differentiate_to_the_printed_integrand():
    for document in of("antiderivative"):
        (printed,) = re.findall(
            r"(?:\\int \\left\(|\(x\) = |derivative \$)(.*?)(?:\\right\) dx\$|\$)", document.question
        )
        stated = re.search(r"So the integral is \$(.*) \+ C\$", document.answer)[1]
        assert equal(expression(printed), sympy.diff(expression(stated), variable())), document.text


def test_roots_of_quadratics():
    for document in of("quadratic"):
        written = re.search(r"a = (-?\d+)\$, \$b = (-?\d+)\$, \$c = (-?\d+)", document.answer)
        a, b, c = map(int, written.groups())
        gives = re.search(r" gives \$(.*?)\$\.", document.answer)[1]
        roots = [
            root.split(" = ")[1].replace("\\sqrt", "sqrt").replace("{", "(").replace("}", ")")
            for root in gives.split(" \\quad\\text{and}\\quad ")
        ]
        roots = [re.sub(r"\\frac(\(.*\))(\(\d+\))$", r"(\1)/\2", root) for root in roots]
        roots = {sympy.nsimplify(re.sub(r"(\d)sqrt", r"\1*sqrt", root)) for root in roots}
        x = sympy.Symbol("x")
        assert {sympy.simplify(r) for r in sympy.solve(a * x**2 + b * x + c, x)} == {sympy.simplify(r) for r in roots}
        printed = max(document.question.split("$")[1::2], key=len).removesuffix(" = 0")
        (letter,) = set(re.findall(r"([a-z])\^2", printed))
        shown = re.sub(rf"(\d)({letter})", r"\1*\2", printed)
        assert sympy.sympify(shown.replace("^", "**")).subs(letter, x).equals(a * x**2 + b * x + c)


def test_remainders_of_powers_and_congruences():
    for document in of("modular_power"):
        base, exponent, modulus = map(
            int, re.search(r"(\d+)\^\{(\d+)\}.*?(\d+)[^\d]*$", document.question, re.DOTALL).groups()
        )
        assert document.answer.endswith(f"The remainder is {pow(base, exponent, modulus)}.")
    for document in of("congruence"):
        stated = numbers(document.answer)[-1]
        asked = numbers(document.question)
        if "/3/" not in document.made_by and "Solve" in document.question:
            a, b, modulus = asked[:3]
            assert [n for n in range(modulus) if (a * n - b) % modulus == 0] == [stated]


def test_systems_are_solved_by_sympy_too():
    x, y, z = sympy.symbols("x y z")
    for document in of("linear_system"):
        rows = re.search(r"cases\} (.*) \\end", document.question)[1].split(" \\\\ ")
        equations = [
            sympy.parse_expr(re.sub(r"(\d)([xyz])", r"\1*\2", side)) for row in rows for side in row.split(" = ")
        ]
        solution = sympy.solve(
            [a - b for a, b in zip(equations[::2], equations[1::2], strict=True)], [x, y, z], dict=True
        )
        stated = document.answer.rsplit("The solution is $", 1)[1].removesuffix("$.")
        for part in stated.split(", "):
            name, value = part.split(" = ")
            value = re.sub(r"\\frac\{(\d+)\}\{(\d+)\}", r"\1/\2", value)
            assert solution[0][sympy.Symbol(name)] == sympy.Rational(value)


def test_a_wrong_derivative_is_refused():
    x = variable()
    assert stated_if_equal(x**2, x**2 + sympy.Rational(1, 10**6)) != x**2
    with pytest.raises(ValueError, match="template t: the solution says"):
        verified("t", Problem("q", "a", 2 * x, stated_if_equal(2 * x, sympy.diff(x**3, x))))


def test_it_says_what_it_needs_installed():
    assert Mathematics().extras == ("synth",)
