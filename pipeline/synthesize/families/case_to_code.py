"""A real function, found from what it gives: a model writes inputs, the sandbox runs the function (Case2Code).

Question and solution are ours and the function is the snippet's, so nothing a model says can be wrong in them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pipeline.clean.filter import Rejection
from pipeline.label.taxonomy import Language
from pipeline.synthesize.families.family import Family
from pipeline.synthesize.functions import own_code
from pipeline.synthesize.pair import Pair
from pipeline.synthesize.sandbox.examination import examine
from pipeline.synthesize.sandbox.running import unavailable

_MOST_CALLS, _FEWEST_EXAMPLES, _MOST_EXAMPLES, _LONGEST = 16, 3, 8, 160
_CALL = re.compile(r"^[\s>*\-`\d.)]*?([A-Za-z_]\w*\(.*\))", re.MULTILINE)
_WORDS = {
    "en": (
        "An unknown Python function `{name}` gave these results. Find out what it does and write it.",
        "The function below gives exactly these results.",
    ),
    "zh": (
        "下面是一个未知 Python 函数 `{name}` 的若干次调用及结果。请推断它的作用，并写出这个函数。",
        "下面的函数恰好给出这些结果。",
    ),
}


class CaseToCode(Family):
    """Keeps calls of literals alone, and results that can be written down."""

    def pairs(self, answer: str, snippet: str, language: Language) -> list[Pair] | Rejection:
        """Run the snippet's function on the calls in the answer; return one pair of examples and function."""
        found = own_code(snippet)
        if found is None:
            return Rejection("no_function", repr(snippet[:80]), "a snippet that is one Python function")
        name, code = found
        calls = list(dict.fromkeys(_calls(answer, name)))[:_MOST_CALLS]
        if len(calls) < _FEWEST_EXAMPLES:
            return Rejection("too_few_inputs", f"{len(calls)} calls of {name}", f"at least {_FEWEST_EXAMPLES}")
        run = examine(code, (), tuple(calls))
        shown = [
            (call, result.value)
            for call, result in zip(calls, run.results, strict=False)
            if result.value is not None and len(call) + len(result.value) <= _LONGEST and _is_literal(result.value)
        ][:_MOST_EXAMPLES]
        if len(shown) < _FEWEST_EXAMPLES or len({value for _, value in shown}) < 2:
            told = run.problem or f"{len(shown)} calls with a result to show"
            return Rejection("too_few_results", told, f"at least {_FEWEST_EXAMPLES}, not all the same")
        question, solution = (words.format(name=name) for words in _WORDS[language])
        lines = "\n".join(f">>> {call}\n{value}" for call, value in shown)
        return [Pair(f"{question}\n\n```\n{lines}\n```", f"{solution}\n\n```python\n{code}\n```")]

    def unable(self) -> str | None:
        """Return why code cannot be run here."""
        return unavailable()


def _calls(answer: str, name: str) -> Iterator[str]:
    """Yield calls of the function whose arguments are all literals, spelled as Python spells them."""
    for line in _CALL.findall(answer):
        end = line.rfind(")") + 1
        while end > 0:
            try:
                call = ast.parse(line[:end], mode="eval").body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                end = line.rfind(")", 0, end - 1) + 1
                continue
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == name:
                arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
                if arguments and all(_is_literal(ast.unparse(argument)) for argument in arguments):
                    yield ast.unparse(call)
            break


def _is_literal(written: str) -> bool:
    try:
        ast.literal_eval(written)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return False
    return True


CASE_TO_CODE = CaseToCode("case_to_code", "induction")
