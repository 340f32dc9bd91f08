from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.synthesize.candidate import Candidate, Family, Pair
from pipeline.synthesize.check_list import ALL
from pipeline.synthesize.checks.arithmetic import wrong_equations
from pipeline.synthesize.checks.copied import Copied
from pipeline.synthesize.checks.grounded import Grounded, shared_words
from pipeline.synthesize.checks.language import Language
from pipeline.synthesize.checks.length import Length
from pipeline.synthesize.checks.numbers import Numbers, numbers, untraceable
from pipeline.synthesize.checks.repetition import Repetition
from pipeline.synthesize.checks.self_contained import SelfContained

SNIPPET = (
    "A pendulum of length L swings with a period that depends on its length and on gravity alone. Galileo noticed in "
    "1602 that the mass of the bob does not matter. A pendulum 1 m long needs about 2.0 s for a full swing."
)
QUESTION = "A pendulum has a length of 2.45 m. What is its period if gravity is $9.8$ metres per second squared?"
SOLUTION = (
    "The period of a pendulum depends on its length and on gravity: $T = 2\\pi\\sqrt{L/g}$. First we divide the length "
    "by gravity: $2.45 / 9.8 = 0.25$. The square root of this is $0.5$, so that the period is about "
    "$2 \\times 3.14 \\times 0.5 = 3.14$ s.\nAnswer: 3.14 s"
)


def of(question=QUESTION, solution=SOLUTION, snippet=SNIPPET, language="en", family="problem"):
    return Candidate(Pair(question, solution), snippet, language, family)


def reason(check, candidate):
    found = check.reject(candidate)
    return found and found.reason


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.kind)
def test_a_good_pair_passes_every_check(check):
    assert check.reject(of()) is None


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.kind)
def test_a_good_chinese_pair_passes_every_check(check):
    snippet = "单摆的周期只取决于摆长和重力加速度。摆锤的质量对周期没有影响。摆长一米的单摆周期约为2.0秒。"
    question = "某单摆的摆长为2.45米，重力加速度取9.8米每二次方秒，求这个单摆的周期。"
    solution = (
        "单摆的周期由摆长和重力加速度决定，公式为$T=2\\pi\\sqrt{L/g}$。先求摆长与重力加速度之比：$2.45/9.8=0.25$，"
        "开方得$0.5$，所以周期约为$2\\times3.14\\times0.5=3.14$秒。\n答案：3.14秒"
    )
    assert check.reject(of(question, solution, snippet, "zh")) is None


@given(st.text(max_size=200), st.text("0123456789.+-*/=()^{}\\$ \nab≈×", max_size=60), st.sampled_from(["en", "zh"]))
def test_no_text_makes_a_check_fail(question, solution, language):
    for family in get_args(Family):
        for check in ALL:
            check.reject(of(question, solution, question, language, family))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"question": "Why?"}, "question_short"),
        ({"solution": "It is 3.14 s."}, "solution_short"),
        ({"solution": SOLUTION * 40}, "long"),
        ({"solution": SOLUTION[:150] + " and so we"}, "unfinished"),
        ({"solution": "It is about three seconds, because gravity pulls the bob down."}, "solution_short"),
        ({"solution": "It is about three seconds, because gravity pulls the bob down.", "family": "facts"}, None),
        (
            {"solution": "It is about three seconds, because gravity pulls the bob down.", "family": "short_answer"},
            None,
        ),
    ],
)
def test_length(changes, expected):
    assert reason(Length(), of(**changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"language": "zh"}, "other_language"),
        ({"solution": "周期是三点一四秒，因为摆长与重力之比是四分之一。"}, "other_language"),
        (
            {"solution": "La période dépend de la longueur du pendule et de la gravité; elle vaut 3.14 s."},
            "other_language",
        ),
        ({"solution": "Die Periode hängt von der Länge des Pendels und der Schwerkraft ab."}, "other_language"),
        ({"question": "Solve $6y^2 - 5y - 6 = 0$."}, None),
        ({"question": "解方程 $6y^2 - 5y - 6 = 0$。"}, "other_language"),
        ({"question": "Bestimmen Sie alle Lösungen von $6y^2 - 5y - 6 = 0$."}, "other_language"),
        ({"question": "Solve $6y^2 - 5y - 6 = 0$.", "language": "zh"}, "other_language"),
    ],
)
def test_language(changes, expected):
    assert reason(Language(), of(**changes)) == expected


def test_repetition():
    assert reason(Repetition(), of(solution="We divide by two and get one. " * 5)) == "repetition"
    assert reason(Repetition(), of(solution="周期由摆长决定，与质量无关。" * 5, language="zh")) == "repetition"
    assert reason(Repetition(), of(solution=SOLUTION + "\nso\nso\nso\nso")) == "repeated_line"


@pytest.mark.parametrize(
    "words",
    [
        "According to the passage, ",
        "In the text above it says that ",
        "As mentioned above, ",
        "Based on the given excerpt, ",
        "See Figure 2: ",
        "根据材料，",
        "文中指出，",
        "作者认为",
        "如上图，",
    ],
)
def test_words_that_point_to_a_passage(words):
    assert reason(SelfContained(), of(question=words + QUESTION)) == "not_self_contained"
    assert reason(SelfContained(), of(solution=words + SOLUTION)) == "not_self_contained"


@pytest.mark.parametrize(
    "words", ["As an AI language model, I ", "I'm sorry, but ", "很抱歉，", "Here is a new problem: "]
)
def test_words_of_the_model_about_itself(words):
    assert reason(SelfContained(), of(question=words + QUESTION)) == "speaks_of_itself"


@pytest.mark.parametrize(
    "words", ["The text editor saves a document. ", "Light passes from the context menu. ", "金属材料的密度是多少？"]
)
def test_words_that_point_to_nothing(words):
    assert reason(SelfContained(), of(question=words + "x")) in (None,)


def test_grounding_compares_content_words():
    assert shared_words("Pendulums swing", "the swinging pendulum") == 1.0
    assert shared_words("钟摆摆动", "摆动") == 1 / 3
    assert shared_words("of the", "of the") == 0.0
    other = of("How many eggs fit into twelve boxes?", "Twelve boxes hold many eggs, because chickens lay them daily.")
    assert reason(Grounded(), other) == "not_grounded"


def test_copying():
    assert reason(Copied(), of(solution=SNIPPET)) == "copied"
    assert reason(Copied(), of(question=SNIPPET[:92])) == "copied"
    assert reason(Copied(), of(snippet="甲乙丙丁" * 9, solution="甲乙丙丁" * 9, language="zh")) == "copied"


def test_a_definition_of_one_short_sentence_may_be_a_copy():
    snippet = "The coefficient of variation is the standard deviation divided by the mean. It has no unit at all."
    assert reason(Copied(), of(snippet=snippet, solution=snippet.partition(" It")[0])) is None
    assert reason(Copied(), of(snippet=snippet, solution=snippet)) == "copied"


def test_numbers_as_written():
    assert numbers("1. Take 1,234 and 5{,}678, $x_{12} = 3.50$.\nStep 2: 9") == ["1234", "5678", "12", "3.50", "9"]


@pytest.mark.parametrize(
    ("own", "known", "lost"),
    [
        (["30"], ["12", "18"], []),
        (["216"], ["12", "18"], []),
        (["0.67"], ["12", "18"], []),
        (["66.7"], ["12", "18"], []),
        (["144", "1728"], ["12"], []),
        (["777"], ["12", "18"], ["777"]),
        (["777", "1554"], ["12", "18"], ["777"]),
        (["9.8", "100"], [], []),
    ],
)
def test_a_number_is_traced_through_one_operation(own, known, lost):
    assert list(untraceable(own, known)) == lost


def test_numbers_at_the_beginning_of_a_line_are_no_list_items():
    assert numbers("2.53 mol of a gas.\n3.6 g of another") == ["2.53", "3.6"]


@pytest.mark.parametrize(
    ("question", "solution", "is_traceable"),
    [
        ("Take 53.3 kg at 3.73 m/s.", r"$E = \frac{1}{2} \times 53.3 \times 3.73^2 \approx 371\ \text{J}$.", True),
        ("Order 5 letters.", "There are $5! = 120$ ways.", True),
        ("Order 5 letters.", "There are $5! = 121$ ways.", False),
        ("Choose 3 of 9.", r"There are $\binom{9}{3} = 84$ ways.", True),
        (r"How much is 1 mol of $\mathrm{K_{2}S}$?", "It has 39.098 twice and 32.06.", True),
        ("How much is 1 mol of potassium?", "It has 39.098 twice and 32.06.", False),
    ],
)
def test_numbers_of_equations_that_hold_and_atomic_masses_are_traceable(question, solution, is_traceable):
    assert (reason(Numbers(), of(question, solution, "")) is None) == is_traceable


def test_facts_have_the_snippets_numbers_and_no_others():
    asked, told = "When did Galileo study the pendulum?", "Galileo noticed in {year} that the mass does not matter."
    assert reason(Numbers(), of(asked, told.format(year=1602), family="facts")) is None
    for family in ("facts", "short_answer"):
        assert reason(Numbers(), of(asked, told.format(year=1603), family=family)) == "untraceable_numbers"


@pytest.mark.parametrize(
    "text",
    [
        "$2 + 3 = 5$",
        "10 / 3 = 3.33",
        "10/3 ≈ 3.3",
        "3 * 2.007 * 10^{23} = 6.02 * 10^{23}",
        "so $x = 2 \\times (3 + 4) = 14$ kg",
        "$\\frac{3}{4} + \\frac{1}{4} = 1$",
        "$2^{10} = 1{,}024$",
        "1,000 - 1 = 999 m/s",
        "30% = 0.3 and 20% of 5 + 5 = 6",
        "3x + 4 = 10, so x = 6 / 3 = 2",
        "\\sin 30 + 1 = 1.5",
        "log 100 + 1 = 3",
        "5! + 1 = 121",
        "2:3 = 4:6",
        "7 \\mod 3 = 1",
        "(a + 2) * 3 = 9",
        "2 + 2 = 4 m + 0 m",
        "1) 3 + 4 = 7",
    ],
)
def test_right_or_doubtful_equations_stay(text):
    assert list(wrong_equations(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "$2 + 3 = 6$",
        "so $x = 2 \\times (3 + 4) = 15$ kg",
        "Thus 12 × 12 = 143 m",
        "10 / 3 = 3.43",
        "The missing one is $253 - 184 = 70$.",
        "2.2 * 680 = 1497",
        "3 * 2.1 * 10^{23} = 6.02 * 10^{23}",
        "10 / 4 = 2.5 and then 2.5 * 2 = 6",
        "$\\frac{3}{4} + \\frac{1}{4} = 2 \\text{ m}$",
        "$2^{10} = \\boxed{1000}$",
        "因此，3 × 4 = 13。",
        "a = 3 + 4 = 7 = 8",
    ],
)
def test_wrong_equations_are_found(text):
    assert len(list(wrong_equations(text))) == 1
