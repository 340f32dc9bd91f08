"""What a real small model wrote and checks once let through, and sound answers that look like it."""

import pytest

from pipeline.synthesize.candidate import Candidate, Pair
from pipeline.synthesize.checks.answered import Answered
from pipeline.synthesize.checks.names import Names
from pipeline.synthesize.checks.numbers import Numbers
from pipeline.synthesize.checks.self_contained import SelfContained


def reason(check, question, solution, snippet="", family="short_answer", language="en"):
    found = check.reject(Candidate(Pair(question, solution), snippet, language, family))
    return found and found.reason


PAGES = (
    "Pendulums swing in a time that depends on length and on gravity; the order of arguments matters. Ice is water in "
    "its solid state. Small crystals of ice are snow. Heat is energy that flows from warm bodies to cold bodies. "
    "单摆是一根轻绳悬挂一个小球，小球在重力作用下来回摆动。"
)


@pytest.mark.parametrize(
    ("question", "solution", "expected"),
    [
        ("How do you calculate cophenetic distances?", "How do you calculate cophenetic distances?", "asks_again"),
        ("How is `np.linalg.eig(X)` used?", "How to use `w, v = np.linalg.eig(X)`?", "asks_again"),
        (
            "How does the Laguerre polynomial relate to others?",
            "The Laguerre polynomial is a special case of the Laguerre polynomial.",
            "explained_by_itself",
        ),
        (
            "Is it possible to generate random matrices from compact groups?",
            "Yes, it is possible to generate random matrices from compact groups.",
            "says_the_question_again",
        ),
        (
            "What is the dangling dict?",
            "The answer to this question is that the dangling dict assigns edges to nodes without any.",
            "speaks_of_its_task",
        ),
        (
            "What is a matching?",
            "A set of edges that share no node.\nAnswer: What is a matching?",
            "speaks_of_its_task",
        ),
        (
            "How do the Genocchi numbers relate to the Bernoulli numbers?",
            "The Genocchi numbers are connected to the Bernoulli numbers through the relation of one to the other.",
            "says_the_question_again",
        ),
        ("What is the largest graph?", "The answer is that graphs with edges have many nodes.", "speaks_of_its_task"),
        ("What is a graph?", "Nodes with edges. Please provide the answer in two sentences.", "speaks_of_its_task"),
        ("为什么水会结冰？", "水为什么会结冰？", "asks_again"),
        ("What is `x = 0`?", "What `x = 0` is, is `x = 0`.", "says_the_question_again"),
        ("What makes ice cold?", "It is a crucial technique in data science.", "praises"),
        ("What makes ice cold?", "It is often found near penguins and bears.", "not_from_snippet"),
        ("What is the scientific fact?", "Ice is water in its solid state.", "speaks_of_its_task"),
        ("What is the answer to the question?", "Ice is water in its solid state.", "speaks_of_its_task"),
        (
            "What is the solid state?",
            "Ice in its solid state is water that is in its solid state because it is cold.",
            "goes_in_circles",
        ),
        ("What is heat?", "Heat flows, which is a fundamental concept in physics of bodies.", "praises"),
        ("What matters?", "The important part is the order of arguments; pendulums swing by gravity.", "praises"),
        ("What is ice?", "Ice is water in its solid state. Is snow ice too? It is, in small crystals.", None),
        ("What does a pendulum's period depend on?", "It depends on length and gravity.", None),
        ("What is the definition of the commutator?", "The commutator of A and B is defined as $AB - BA$.", None),
        ("What is the order of a traversal?", "The order depends on the arguments.", None),
        ("What is heat?", "Heat is energy that flows from a warm body to a cold body.", None),
        ("什么是单摆？", "单摆是用轻绳悬挂、在重力作用下来回摆动的小球。", None),
    ],
)
def test_an_answer_adds_to_its_question(question, solution, expected):
    assert reason(Answered(), question, solution, PAGES) == expected


def test_a_worked_solution_may_end_with_its_answer_and_repeat_its_question():
    assert reason(Answered(), "What is 2 + 3?", "We add.\nAnswer: 5", family="problem") is None
    assert reason(Answered(), "Show that rain is wet.", "Rain is wet.", family="problem") is None


SNIPPET = "The Kaiser window approximates the discrete prolate spheroidal sequence; scipy's `get_window` makes it."


@pytest.mark.parametrize(
    ("solution", "expected"),
    [
        ("It is what Fibonacci found.", "untraceable_names"),
        ("It is found in the Alps.", "untraceable_names"),
        ("Call `make_window` for it.", "untraceable_names"),
        ("It is also called FFT.", "untraceable_names"),
        ("Windows of Kai approximate it.", "untraceable_names"),
        ("Windows of Kaiser approximate the DPSS.", None),
        ("However, the Kaiser window is made by get_window. Others are not.", None),
        ('It is called "Approximation" by some: Kaiser windows.', None),
        ("It has a value of $X_N$ and I think that is all.", None),
    ],
)
def test_a_restatement_brings_no_name_of_its_own(solution, expected):
    assert reason(Names(), "What is it?", solution, SNIPPET) == expected
    assert reason(Names(), "What is it?", solution, SNIPPET, family="problem") is None
    assert reason(Names(), solution, "It is a window.", SNIPPET) == expected


def test_a_phrase_and_praise_that_the_snippet_has_may_be_repeated():
    law = "The discrete transform of a convolution is the discrete transform of one function times that of another"
    snippet = f"An important property holds. {law}."
    assert reason(Answered(), "What holds?", f"{law}, an important property.", snippet) is None
    assert reason(Answered(), "What holds?", f"{law}.", "Of a convolution: products hold.") == "goes_in_circles"


@pytest.mark.parametrize(
    ("solution", "expected"),
    [
        ("The number of roots is 4.", "untraceable_numbers"),
        ("The number of roots is 3.", None),
        ("The number of roots is 2.", None),
        ("Its derivative is 4x, and its square is 4.5 times that.", "untraceable_numbers"),
        ("Its derivative is 4x.", None),
        ("It has 4 parts: a, b, c and d.", None),
    ],
)
def test_a_restatement_ends_with_no_small_number_of_its_own(solution, expected):
    snippet = "A cubic has three roots; 2 of them may be complex."
    assert reason(Numbers(), "How many roots are there?", solution, snippet) == expected
    assert reason(Numbers(), "How many roots are there?", "The number is 4.", snippet, family="problem") is None


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the purpose of the matrix?", "names_nothing"),
        ("What is the purpose of the given mapping function?", "names_nothing"),
        ("What does this function do?", None),
        ("What is the most difficult part of the algorithm?", "names_nothing"),
        ("What does a symmetric matrix say of the eigenvalues of the matrix?", None),
        ("What is the purpose of the gamma function?", None),
        ("A mass hangs on a spring, and its equation is known. What are the roots of the equation?", None),
    ],
)
def test_a_question_names_what_it_is_about(question, expected):
    assert reason(SelfContained(), question, "It is a part of the Asadpour [1]_ algorithm.") == "not_self_contained"
    assert reason(SelfContained(), question, "It holds the weights of edges.") == expected
