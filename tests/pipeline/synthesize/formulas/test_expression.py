import time
from contextlib import suppress

import pytest

from pipeline.synthesize.formulas.expression import UnreadError, read


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        (r"\frac{1}{2}x^2 - 3x + 0.5", "x**2/2 - 3*x + 1/2"),
        (r"\left(x + 1\right)\left(x - 1\right)", "(x - 1)*(x + 1)"),
        (r"-2^2", "-4"),
        (r"2^{-3}", "1/8"),
        (r"\sqrt[3]{27} + \binom{5}{2} + 4!", "37"),
        (r"\sin^2 x + \cos 2x", "sin(x)**2 + cos(2*x)"),
        (r"\tan(m a)^2", "tan(a*m)**2"),
        (r"e^{2x} \ln x", "exp(2*x)*log(x)"),
        (r"x_{12} + x_1", "x_1 + x_12"),
        ("1,234 × 2 ÷ 4", "617"),
        ("3.5e-2", "7/200"),
        ("180°", "pi"),
    ],
)
def test_formulas_are_read_as_written(text, meaning):
    assert str(read(text)) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1/2x",
        "2 3",
        "f(x + 1)",
        "x(3)",
        r"\sin 30",
        r"\log 100",
        r"2\frac{1}{3}",
        "x^kq",
        "e",
        "1, 2",
        r"\frac{dy}{dx}",
        "__import__('os').system('true')",
        "exec(1)",
        r"\input{x}",
        "1 +",
        "(1",
        "1)",
        "0/0",
        "1/0",
        "a..b",
    ],
)
def test_what_has_two_readings_or_none_is_not_read(text):
    with pytest.raises(UnreadError):
        read(text)


@pytest.mark.parametrize(
    "text",
    ["9^9^9^9", "(10^{12})^{100000}", "99999!", "(" * 200, "((x+1)^{99}+1)^{99}", r"\sqrt{" * 40 + "2" + "}" * 40],
)
def test_nothing_takes_long(text):
    begin = time.monotonic()
    with suppress(UnreadError):
        read(text)
    assert time.monotonic() - begin < 2
