"""Programs run again from the printed text alone: no step of ours takes part."""

import ast
import re
from itertools import islice

import pytest

from synth.code_induction import CodeInduction
from synth.library_steps import KINDS, STEPS
from synth.problem import Draw, UnclearError
from synth.program_problems import Program, draw_value, run_source
from synth.step import evaluate

DOCUMENTS = list(islice(CodeInduction().documents(11), 500))
FENCE = re.compile(r"```python\n(.*?)\n```", re.DOTALL)


def function(source):
    scope = {}
    exec(source, scope)
    return next(scope[node.name] for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))


def examples(question):
    """Return the printed pairs, whichever way they are written."""
    shown = re.search(r"```\n(.*?)\n```", question, re.DOTALL)[1]
    if shown.startswith(">>>"):
        lines = shown.split("\n")
        return [
            (re.search(r"\((.*)\)$", call)[1], result) for call, result in zip(lines[::2], lines[1::2], strict=True)
        ]
    if " == " in shown:
        return [re.fullmatch(r"(?:assert )?\w+\((.*)\) == (.*)", line).groups() for line in shown.split("\n")]
    return [tuple(line.split(" -> ")) for line in shown.split("\n")]


def test_printed_programs_explain_all_printed_examples():
    checked = 0
    for document in DOCUMENTS:
        if "/induction/" in document.made_by:
            recovered = function(FENCE.search(document.answer)[1])
            pairs = examples(document.question)
            assert len(pairs) >= 3
            assert len({result for _, result in pairs}) >= 3
            for argument, result in pairs:
                assert recovered(ast.literal_eval(argument)) == ast.literal_eval(result), document.text
                checked += 1
    assert checked > 800


def test_predicted_results_are_what_the_printed_function_returns():
    checked = 0
    for document in DOCUMENTS:
        if "/prediction/" in document.made_by:
            argument = re.search(
                r"`(?:\w+\((.*?)\)|(.*?))`(?: |$| 的)", document.question.split("\n")[0].replace("`.", "` ")
            )
            stated = re.search(r"(?:The result is |结果是 )`(.*)`[.。]$", document.answer)[1]
            value = ast.literal_eval(argument[1] or argument[2])
            assert function(FENCE.search(document.question)[1])(value) == ast.literal_eval(stated), document.text
            checked += 1
    assert checked > 150


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.expression)
def test_every_step_runs_on_its_kind_and_gives_its_kind(step):
    types = {"number": int, "numbers": list, "words": list, "text": str, "pairs": list}
    assert step.takes in KINDS
    for choice in step.choices:
        ran = 0
        for index in range(40):
            try:
                value = evaluate(step.written("x", choice), draw_value(Draw(index), step.takes))
            except UnclearError:
                continue
            ran += 1
            assert isinstance(value, types[step.gives])
            members = {"numbers": int, "words": str, "pairs": tuple}.get(step.gives)
            assert members is None or all(isinstance(member, members) for member in value)
        assert ran >= 5


def test_a_step_too_many_and_a_result_too_large_are_drawn_again():
    with pytest.raises(UnclearError):
        evaluate("x * 2", 10**6)
    with pytest.raises(UnclearError):
        evaluate("max(x)", [])


def test_the_function_is_written_with_what_it_imports():
    totals = next(s for s in STEPS if s.takes == "numbers" and s.expression == "list(itertools.accumulate({x}))")
    remainders = next(s for s in STEPS if s.expression == "[n % {a} for n in {x}]")
    program = Program("f", "numbers", ((totals, ""), (remainders, "7")))
    assert program.source == (
        "import itertools\n\n\ndef f(numbers):\n    numbers = list(itertools.accumulate(numbers))\n"
        "    return [n % 7 for n in numbers]"
    )
    assert run_source(program.source, "f", ["[3, 5, 10]"]) == ["[3, 1, 4]"]
