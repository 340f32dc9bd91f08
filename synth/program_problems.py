"""Problems of programs: a program is to be found from its inputs and outputs, or its output from the program.

Programs are chains of real library functions, which are run. The written function is compiled from its text and run
on the written inputs, apart from the steps that made the outputs. Examples that any single step explains too, or that
the program explains without one of its steps, are drawn again. The task is Case2Code's: a program from its examples.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any

from synth.levelled import LevelledTemplate
from synth.library_steps import KINDS, STEPS
from synth.problem import Draw, Problem, UnclearError
from synth.step import MODULES, Step, evaluate, single_steps

WORDS = (
    *("apple", "river", "Stone", "cloud", "seven", "Green", "letter", "moon", "tree", "Banana", "music", "paper"),
    *("winter", "Lamp", "ocean", "bird", "Train", "coffee", "book", "street", "sun", "Mirror", "grass", "pepper"),
    *("Engine", "salt", "window", "a", "to", "of", "in", "Old", "new", "eel", "noon", "Committee", "bookkeeper"),
)
NAMES = ("f", "transform", "process", "compute", "convert", "solve", "apply")
NUM_EXAMPLES = (4, 6)
"""Fewest and most examples of a question."""


@dataclass(frozen=True)
class Program:
    """A chain of steps with their choices."""

    name: str
    variable: str
    steps: tuple[tuple[Step, str], ...]

    @property
    def source(self) -> str:
        """The function with its imports."""
        lines = [step.written(self.variable, choice) for step, choice in self.steps]
        body = [f"    {self.variable} = {line}" for line in lines[:-1]] + [f"    return {lines[-1]}"]
        used = [module for module in MODULES if re.search(rf"\b{module}\.", "\n".join(lines))]
        imports = "".join(f"import {module}\n" for module in used)
        return f"{imports}{chr(10) * 2 if imports else ''}def {self.name}({self.variable}):\n" + "\n".join(body)

    def trace(self, value: Any) -> list[Any]:
        """Return the value after each step; raise UnclearError where a step has none."""
        found = []
        for step, choice in self.steps:
            value = evaluate(step.written("x", choice), value)
            found.append(value)
        return found


def run_source(source: str, name: str, arguments: list[str]) -> list[str]:
    """Return the function's results as literals, for arguments written as literals."""
    scope: dict[str, Any] = {}
    exec(source, scope)
    return [repr(scope[name](ast.literal_eval(argument))) for argument in arguments]


def draw_value(draw: Draw, kind: str) -> Any:
    """Return an input of a kind."""
    if kind == "number":
        return draw.whole(2, 400)
    if kind == "numbers":
        return [draw.whole(-20, 50) for _ in range(draw.whole(4, 8))]
    words = [draw.one_of(WORDS) for _ in range(draw.whole(3, 6))]
    if kind == "words":
        return words
    places = [str(draw.whole(0, 99)) if draw.whole(0, 3) == 0 else word for word in words]
    return draw.one_of((" ", " ", ", ")).join(places) + draw.one_of(("", ".", "!"))


def draw_program(draw: Draw, length: int) -> tuple[Program, str]:
    """Return a program of so many steps and the kind of value it takes."""
    kind = first = draw.one_of(KINDS)
    steps: list[tuple[Step, str]] = []
    while len(steps) < length:
        last = len(steps) == length - 1
        step = draw.one_of([s for s in STEPS if s.takes == kind and (last or s.gives in KINDS)])
        steps.append((step, draw.one_of(step.choices)))
        kind = step.gives
    variable = {"text": "text", "words": "words", "numbers": "numbers", "number": "number"}[first]
    return Program(draw.one_of(NAMES), draw.one_of((variable, variable, "x", "value", "data")), tuple(steps)), first


def _fits(expression: str, inputs: list[Any], outputs: list[Any]) -> bool:
    try:
        return all(_same(evaluate(expression, x), y) for x, y in zip(inputs, outputs, strict=True))
    except UnclearError:
        return False


def _same(first: Any, second: Any) -> bool:
    return type(first) is type(second) and bool(first == second)


def _examples(draw: Draw, program: Program, kind: str) -> tuple[list[Any], list[list[Any]]]:
    """Return inputs and traces; raise UnclearError where they do not tell the program from a simpler one."""
    inputs: list[Any] = []
    for _ in range(draw.whole(*NUM_EXAMPLES)):
        value = draw_value(draw, kind)
        if value not in inputs:
            inputs.append(value)
    traces = [program.trace(value) for value in inputs]
    outputs = [trace[-1] for trace in traces]
    if len(inputs) < 3 or len({repr(output) for output in outputs}) < 3:
        raise UnclearError
    own = program.steps[0][0].written("x", program.steps[0][1]) if len(program.steps) == 1 else None
    if any(e != own and _fits(e, inputs, outputs) for e in single_steps(STEPS, kind)):
        raise UnclearError
    if any(_shortened_fits(program, dropped, inputs, outputs) for dropped in range(len(program.steps))):
        raise UnclearError
    return inputs, traces


def _shortened_fits(program: Program, dropped: int, inputs: list[Any], outputs: list[Any]) -> bool:
    """Whether the program gives the same outputs without one of its steps."""
    rest = Program(program.name, program.variable, program.steps[:dropped] + program.steps[dropped + 1 :])
    try:
        return all(_same([x, *rest.trace(x)][-1], y) for x, y in zip(inputs, outputs, strict=True))
    except UnclearError:
        return False


def _worked(program: Program, value: Any, trace: list[Any], language: str) -> str:
    """Return the steps on one input, as a list."""
    lines = []
    for number, ((step, choice), result) in enumerate(zip(program.steps, trace, strict=True), start=1):
        said = step.said(language, choice)
        arrow = {"en": f"{number}. It {said}: `{result!r}`.", "zh": f"{number}. {said}：`{result!r}`。"}[language]
        lines.append(arrow)
    start = {"en": f"Step by step for `{value!r}`:", "zh": f"以 `{value!r}` 为例，逐步执行："}[language]
    return "\n".join([start, *lines])


def induction(draw: Draw, language: str, level: int) -> Problem:
    """Find the function from examples."""
    program, kind = draw_program(draw, level)
    inputs, traces = _examples(draw, program, kind)
    name, arguments, results = program.name, [repr(x) for x in inputs], [repr(t[-1]) for t in traces]
    form = draw.one_of((">>> {f}({x})\n{y}", "{f}({x}) == {y}", "{x} -> {y}", "assert {f}({x}) == {y}"))
    shown = "\n".join(
        form.replace("{f}", name).replace("{x}", x).replace("{y}", y) for x, y in zip(arguments, results, strict=True)
    )
    ask = draw.one_of(
        {
            "en": (
                f"Write a Python function `{name}` that explains these examples.",
                f"Some calls of an unknown Python function `{name}` are shown with their results. Recover the "
                f"function.",
                f"What does the function `{name}` do? Infer it from its inputs and outputs, and write it in Python.",
                f"Find a short program `{name}` that maps every input below to the output beside it.",
            ),
            "zh": (
                f"根据下面的输入和输出，写出 Python 函数 `{name}`。",
                f"下面是一个未知函数 `{name}` 的若干次调用及结果，请还原这个函数。",
                f"从例子推断函数 `{name}` 的作用，并用 Python 实现。",
            ),
        }[language]
    )
    close = {
        "en": draw.one_of(
            (
                "Run on all the inputs, it gives exactly the outputs shown.",
                f"The function agrees with all {len(inputs)} examples.",
            )
        ),
        "zh": f"对全部 {len(inputs)} 个例子，运行结果都与所给输出一致。",
    }[language]
    pick = draw.whole(0, len(inputs) - 1)
    steps = _worked(program, inputs[pick], traces[pick], language)
    solution = f"{steps}\n\n```python\n{program.source}\n```\n\n{close}"
    found = run_source(program.source, name, arguments)
    return Problem(f"{ask}\n\n```\n{shown}\n```\n", solution, results, found)


def prediction(draw: Draw, language: str, level: int) -> Problem:
    """Find the output from the function."""
    program, kind = draw_program(draw, level)
    inputs, traces = _examples(draw, program, kind)
    name, value, trace = program.name, inputs[0], traces[0]
    ask = draw.one_of(
        {
            "en": (
                f"What does `{name}({value!r})` return?",
                f"Work out by hand what this function gives for `{value!r}`.",
                f"Predict the result of `{name}({value!r})` without running the code.",
            ),
            "zh": (f"`{name}({value!r})` 的返回值是什么？", f"不运行代码，推断 `{name}({value!r})` 的结果。"),
        }[language]
    )
    close = {"en": f"The result is `{trace[-1]!r}`.", "zh": f"结果是 `{trace[-1]!r}`。"}[language]
    question = f"{ask}\n\n```python\n{program.source}\n```\n"
    solution = f"{_worked(program, value, trace, language)}\n{close}"
    return Problem(question, solution, [repr(trace[-1])], run_source(program.source, name, [repr(value)]))


TEMPLATES: dict[str, LevelledTemplate] = {"induction": induction, "prediction": prediction}
