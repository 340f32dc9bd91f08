"""Code in prose: the Python of a question and its solution, what tests it, and what calls are said to give."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from dataclasses import dataclass

FENCE = re.compile(r"^[ \t]*```[ \t]*(\w*)[^\n]*\n(.*?)^[ \t]*```", re.DOTALL | re.MULTILINE)
"""A fenced block; its groups are language and content."""
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_PROMPT = re.compile(r"^>>> (.+)\n((?!>>>).+)$", re.MULTILINE)
_EQUAL = re.compile(r"^(?!assert\b|>>>|def |return |if |while |for )(\w+\(.*\)) == (.+)$", re.MULTILINE)
_ASSERTED = re.compile(r"^assert (\w+\(.*\)) == (.+)$", re.MULTILINE)
_NAME = re.compile(r"\w+(?=\()")
_ARROW = re.compile(r"^(?!>>>)(\S.*?) (?:->|→|=>) (\S.*)$", re.MULTILINE)
_PYTHON = ("python", "py", "python3", "")


@dataclass(frozen=True)
class Blocks:
    """The Python of a text."""

    code: str
    """Everything that is no test, one block after the other."""
    tests: tuple[str, ...]
    """Assertions at the top level, each as a statement."""
    broken: str = ""
    """Why a block that is marked as Python is none."""


def blocks(text: str) -> Blocks:
    """Return the fenced Python of a text; a fence without a language counts where it holds Python."""
    code, tests, broken = list[str](), list[str](), ""
    for language, inside in FENCE.findall(text):
        if language.casefold() not in _PYTHON or (not language and _is_session(inside)):
            continue
        try:
            tree = ast.parse(inside)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            broken = broken or (f"{type(error).__name__}: {error}" if language and not _is_session(inside) else "")
            continue
        for statement in tree.body:
            (tests if isinstance(statement, ast.Assert) else code).append(ast.unparse(statement))
    return Blocks("\n".join(code), tuple(tests), broken)


def prose(text: str) -> str:
    """Return a text without its fenced blocks."""
    return FENCE.sub(" ", text)


def functions(code: str) -> list[str]:
    """Return the names of the functions that code defines at its top level."""
    return [node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]


def bound(code: str) -> set[str]:
    """Return every name that code binds at its top level, as a function or as anything else that may be called."""
    found = set[str]()
    for node in ast.parse(code).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Assign(targets=targets):
                found |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found |= {alias.asname or alias.name for alias in names}
    return found


def called_in_examples(text: str) -> set[str]:
    """Return the functions that examples call, written as ``>>> f(1)``, ``f(1) == 2`` or ``assert f(1) == 2``."""
    named = (_NAME.match(call) for pattern in (_PROMPT, _EQUAL, _ASSERTED) for call, _ in pattern.findall(text))
    return {found[0] for found in named if found and not hasattr(builtins, found[0])}


def examples(text: str, names: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (call, result), both as expressions, for each example of a call of one of the functions.

    Written as ``>>> f(1)`` with the result below, ``f(1) == 2``, or, where there is one function, ``1 -> 2``.
    """
    for pattern in (_PROMPT, _EQUAL):
        for call, result in pattern.findall(text):
            if _calls(call, names) and _is_literal(result):
                yield call, result
    if len(names) == 1:
        for arguments, result in _ARROW.findall("\n".join(inside for _, inside in FENCE.findall(text))):
            if _is_literal(arguments) and _is_literal(result):
                yield f"{names[0]}({arguments})", result


def asked_call(question: str, names: list[str]) -> str | None:
    """Return the one call of a function that a question asks the result of, or None."""
    spans = _INLINE.findall(question)
    called = {span for span in spans if _calls(span, names)}
    if not called and len(names) == 1 and names[0] not in spans:
        called = {f"{names[0]}({span})" for span in spans if _is_literal(span)}
    return called.pop() if len(called) == 1 else None


def last_literal(text: str) -> str | None:
    """Return the last value between single backticks, or None."""
    return next((span for span in reversed(_INLINE.findall(text)) if _is_literal(span)), None)


def _is_session(text: str) -> bool:
    return text.lstrip().startswith(">>>")


def _calls(expression: str, names: list[str]) -> bool:
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in names


def _is_literal(expression: str) -> bool:
    try:
        ast.literal_eval(expression.strip())
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return False
    return True
