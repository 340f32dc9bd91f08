"""A programming problem with a solution and tests, kept only if the code passes them in the sandbox (UnitCoder).

Small models forget fences and marks; what is Python is fenced, and tests that stand behind the code are found there.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from pipeline.clean.filter import Rejection
from pipeline.label.taxonomy import Language
from pipeline.synthesize.code_text import FENCE, blocks
from pipeline.synthesize.families.family import Family
from pipeline.synthesize.pair import Pair
from pipeline.synthesize.parsing import parse
from pipeline.synthesize.sandbox.running import unavailable

_MARK = re.compile(
    r"^[ \t#>*_]*(?:[\[【<][ ]?(?:(?:unit )?tests?|测试)[ ]?[\]】>]|(?:(?:unit )?tests?|测试)[*_]*[:：]?)[*_: ]*$",
    re.IGNORECASE | re.MULTILINE,
)
_WORDS = {"en": "The function must pass these tests:", "zh": "函数应通过以下测试："}


class CodeTests(Family):
    """Brings every solution into one form: words, code, tests."""

    def pairs(self, answer: str, snippet: str, language: Language) -> list[Pair] | Rejection:
        """Return the first pair, its tests behind its code."""
        found = parse(answer)
        return found if isinstance(found, Rejection) else [_in_form(found[0], language)]

    def unable(self) -> str | None:
        """Return why code cannot be run here."""
        return unavailable()


def _in_form(pair: Pair, language: Language) -> Pair:
    first, _, second = _MARK.sub("\0", pair.solution, count=1).partition("\0")
    parts = [_fenced(part.strip()) for part in (first, _MARK.sub("", second)) if part.strip()]
    found = blocks("\n".join(parts))
    if found.broken or not found.code or not found.tests:
        return replace(pair, solution="\n\n".join(part.strip() for part in parts))
    words = FENCE.sub("", parts[0]).strip()
    tests = "\n".join(found.tests)
    solution = f"{words}\n\n```python\n{_code_of(parts)}\n```\n\n{_WORDS[language]}\n\n```python\n{tests}\n```"
    return replace(pair, solution=solution.strip())


def _code_of(parts: list[str]) -> str:
    """Return the code as it was written, with its comments, without the assertions at its top level."""
    written = []
    for source in (inside for part in parts for _, inside in FENCE.findall(part)):
        lines = source.splitlines()
        for statement in ast.parse(source).body:
            if isinstance(statement, ast.Assert):
                lines[statement.lineno - 1 : statement.end_lineno] = [""] * (
                    (statement.end_lineno or statement.lineno) - statement.lineno + 1
                )
        if any(line.strip() and not line.lstrip().startswith("#") for line in lines):
            written.append("\n".join(lines).strip())
    return "\n\n\n".join(written)


def _fenced(part: str) -> str:
    """Put a part that is Python as a whole between fences."""
    if FENCE.search(part):
        return part
    try:
        is_code = any(not isinstance(node, ast.Expr) for node in ast.parse(part).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return part
    return f"```python\n{part}\n```\n" if is_code else part


CODE_TESTS = CodeTests("code_tests", "code")
