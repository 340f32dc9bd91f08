import pytest

from pipeline.clean.filter import Rejection
from pipeline.synthesize.candidate import Pair
from pipeline.synthesize.parsing import parse

ONE = [Pair("How far?", "Ten metres.\nAnswer: 10 m")]


@pytest.mark.parametrize(
    "answer",
    [
        "[PROBLEM]\nHow far?\n\n[SOLUTION]\nTen metres.\nAnswer: 10 m",
        "Sure!\n\n[Problem]:\nHow far?\n---\n[Solution]\nTen metres.\nAnswer: 10 m\n[/SOLUTION]",
        "<think>[PROBLEM] no [SOLUTION] no</think>\n[PROBLEM] How far?\n[SOLUTION] Ten metres.\nAnswer: 10 m",
        "```markdown\n## Problem\nHow far?\n\n## Solution\nTen metres.\nAnswer: 10 m\n```",
        "**Problem:** How far?\n\n**Solution:**\nTen metres.\nAnswer: 10 m",
        "### **Exercise 1**\nHow far?\n### **Worked solution**\nTen metres.\nAnswer: 10 m",
        "Question 1: How far?\nSolution: Ten metres.\nAnswer: 10 m",
        "【题目】How far?\n【解答】\nTen metres.\nAnswer: 10 m",
        "题目：How far?\n解答：Ten metres.\nAnswer: 10 m",
        '{"Problem": "How far?", "Solution": "Ten metres.\\nAnswer: 10 m"}',
        '[{"question": " How far? ", "answer": "Ten metres.\nAnswer: 10 m"}]',
        "[SOLUTION]\nstray\n[PROBLEM]\nHow far?\n[SOLUTION]\nTen metres.\nAnswer: 10 m",
    ],
)
def test_marks_are_found_however_they_are_written(answer):
    assert parse(answer) == ONE


def test_several_pairs():
    answer = "[QUESTION]\nA?\n[ANSWER]\nb.\n\n[QUESTION]\nC?\n[ANSWER]\nd.\n[QUESTION]\nE?\n"
    assert parse(answer) == [Pair("A?", "b."), Pair("C?", "d.")]
    assert parse("【问题】\n甲？\n【答案】\n乙。\n【问题】\n丙？\n【答案】\n丁。") == [
        Pair("甲？", "乙。"),
        Pair("丙？", "丁。"),
    ]


def test_the_word_answer_inside_a_sentence_is_no_mark():
    (pair,) = parse("[PROBLEM]\nWhich answer: a or b?\n[SOLUTION]\nThe answer: a.")
    assert pair == Pair("Which answer: a or b?", "The answer: a.")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "no_answer"),
        ("<think>endless", "no_answer"),
        ("I would rather not.", "no_question"),
        ("[PROBLEM]\nHow far?", "no_solution"),
        ("[PROBLEM]\nHow far?\n[SOLUTION]\n", "no_solution"),
        ("[PROBLEM]\n\n[SOLUTION]\nTen.", "no_question"),
        ('{"problem": "How far?", "solution": ', "no_question"),
        ('{"problem": "How far?", "solution": 5}', "no_solution"),
        ("[" * 100_000, "no_question"),
    ],
)
def test_what_holds_no_pair_says_why(answer, reason):
    found = parse(answer)
    assert isinstance(found, Rejection)
    assert found.reason == reason
