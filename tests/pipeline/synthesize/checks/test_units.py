import pytest

from pipeline.synthesize.candidate import Candidate, Pair
from pipeline.synthesize.checks.units import Units
from pipeline.synthesize.measured_values import measured_values


def reason(question, solution, language="en"):
    found = Units().reject(Candidate(Pair(question, solution), "", language, "problem"))
    return found and found.reason


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("5.2 kg", "kg", "5.2"),
        (r"$1.16 \times 10^{3}\ \text{N}$", "kg*m/s^2", "1160"),
        (r"$1.16 \times 10^{3}$ N", "N", "1160"),
        ("2440 J/(kg·K)", "J/kg/K", "2440"),
        ("9.81 m/s²", "m/s^2", "9.81"),
        (r"$3\,\mathrm{m\,s}$", None, None),
        ("72 km/h", "m/s", "20"),
        ("3 hours", "s", "10800"),
        ("90 分钟", "h", "1.5"),
        ("5 千米/小时", "km/h", "5"),
        ("$5m$", None, None),
        ("12 apples", None, None),
        ("Answer: 40 Ω", "ohm", "40"),
    ],
)
def test_measured_values_are_read(text, unit, number):
    found = list(measured_values(text))
    assert [value.value.within(unit) for value in found] == [pytest.approx(float(number))] if unit else found == []


@pytest.mark.parametrize(
    ("solution", "expected"),
    [
        ("The speed is 36 km/h = 10 m/s.", None),
        ("The speed is 36 km/h = 100 m/s.", "wrong_units"),
        ("In kg, 488 g is 0.488 kg.", None),
        ("In kg, 488 g is 4.88 kg.", "wrong_units"),
        ("The work is 5 J = 5 N.", "wrong_units"),
        (r"$294\ \text{km/h} = 294 \times \frac{1000}{3600}\ \text{m/s}$", None),
        ("$2 \\times 5$ m = 10 m", None),
        ("Then $F \\approx 245\\ \\text{N}$. So it is 245 J.", "unit_changed"),
        ("It holds 245 cm^3, so $m = 1 \\times 245 = 245$ g.", None),
    ],
)
def test_conversions(solution, expected):
    assert reason("Why?", solution) == expected


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("A stone of 3 kg moves at 2 m/s. What is its kinetic energy?", "6 J", "6 N"),
        ("What constant force stops a body of 7 kg within 5 m?", "12 N", "12 J"),
        ("A car moves. How far does it travel in 3 s?", "40 m", "40 s"),
        ("Find the distance that a car covers in 3 s.", "40 m", "40 kg"),
    ],
)
def test_a_result_has_a_unit_of_what_is_asked(question, right, wrong):
    assert reason(question, f"It is {right}.") is None
    assert reason(question, f"It is {wrong}.") == "unit_of_something_else"


def test_chinese_questions():
    question = "质量为 3 kg 的物体以 2 m/s 的速度运动，它的动能是多少？"
    assert reason(question, "动能是 6 J。", "zh") is None
    assert reason(question, "动能是 6 N。", "zh") == "unit_of_something_else"


STEP = r"By Ohm's law $I = \frac{79.2}{15.1} \approx 5.25\ \text{A}$. "


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("So the current is $5.25$ A.", None),
        ("So the current is $5.3$ A.", None),
        ("So the current is $5.26$ A.", "result_changed"),
        ("So the current is $52.5$ A.", "result_changed"),
        ("With 0.01 A of loss it is 5.25 A + 0.01 A = 5.26 A.", None),
        ("At half the voltage it is 2.62 A.", None),
    ],
)
def test_a_result_is_said_again_as_it_is_or_rounded(end, expected):
    assert reason("A voltage of 79.2 V lies across 15.1 Ω. How much current flows?", STEP + end) == expected
