import pytest

from pipeline.synthesize.candidate import Candidate, Pair
from pipeline.synthesize.checks.final_answer import FinalAnswer


def reason(question, solution):
    found = FinalAnswer().reject(Candidate(Pair(question, solution), "", "en", "problem"))
    return found and found.reason


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("Solve $2x + 3 = 8$.", "So $x = 2.5$.", "So $x = 3$."),
        ("解方程 $x^2 = 2$。", r"$x = \pm\sqrt{2}$，$x = 1.41$", "$x = 1.51$"),
        ("Find $x, y$ that satisfy $x + y = 5$ and $x - y = 1$.", "$x = 3$, $y = 2$", "$x = 2$, $y = 3$"),
        ("Differentiate $x^3 + x$.", "It is $3x^2 + 1$.", "It is $3x^2$."),
        (r"Compute $\frac{d}{dx}(x^2)$.", "It is $2x$.", "It is $x$."),
        (r"Find an antiderivative of $2x$.", "It is $x^2 + C$.", "It is $2x^2 + C$."),
        (r"Evaluate $\int_0^1 3x^2 \, dx$.", "It is $1$.", "It is $2$."),
        (r"Calculate $\frac{1}{2} + \frac{1}{3}$.", r"It is $\frac{5}{6}$.", r"It is $\frac{2}{5}$."),
        ("Expand $(a + 1)^2$.", "We get $a^2 + 2a + 1$.", "We get $a^2 + 1$."),
        ("化简 $3x - x$。", "得 $2x$。", "得 $3$。再得 $4x$。"),
    ],
)
def test_what_the_question_asks_is_computed_again(question, right, wrong):
    assert reason(question, right) is None
    assert reason(question, wrong) == "wrong_answer"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Answer: 42.3 m", None),
        ("Answer: 42 m", None),
        ("**Answer:** 4230 cm", None),
        ("Answer: about 57 m", "answer_not_reached"),
        ("答案：57 米", "answer_not_reached"),
        ("Answer: the first one", None),
        ("Answer: $C(10, 2)$, or 57", None),
    ],
)
def test_the_last_line_names_a_result_of_the_steps(line, expected):
    steps = "With $v = 10$ and the time of the fall we find a distance of $42.3$ m."
    assert reason("How far does a stone go?", f"{steps}\n{line}") == expected


@pytest.mark.parametrize(
    "question",
    ["For which $x$ does $2x < 8$ hold?", "A car has $v = 3$. What is the force?", "What is the remainder of $7^5$?"],
)
def test_nothing_is_said_where_the_question_is_not_understood(question):
    assert reason(question, "It is $1$.") is None
