"""Functions as snippets: what of a Python file can be run by itself, a function with the imports it needs."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

_UNFIT = frozenset(
    ["open", "input", "exec", "eval", "compile", "__import__", "print", "globals", "locals", "breakpoint", "id", "hash"]
)
"""Builtins whose results tell nothing, or are not the same again."""
_MODULES = frozenset(
    [
        "bisect",
        "cmath",
        "collections",
        "copy",
        "datetime",
        "decimal",
        "difflib",
        "fractions",
        "functools",
        "heapq",
        "itertools",
        "json",
        "keyword",
        "math",
        "operator",
        "re",
        "statistics",
        "string",
        "struct",
        "textwrap",
        "typing",
        "unicodedata",
        "__future__",
    ]
)
"""Modules whose functions depend on their arguments alone."""


def function_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) in characters of each top-level function that stands alone and gives something back."""
    tree = _parsed(text)
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for node in tree.body if tree else ():
        if isinstance(node, ast.FunctionDef) and node.end_lineno and _stands_alone(node, imports=set()):
            yield starts[node.lineno - 1], starts[node.end_lineno - 1] + len(lines[node.end_lineno - 1].rstrip())


def own_code(snippet: str) -> tuple[str, str] | None:
    """Return (name, code) of a snippet that is one function, with its imports and without what tells its results."""
    tree = _parsed(snippet)
    if tree is None or any(not isinstance(n, ast.FunctionDef | ast.Import | ast.ImportFrom) for n in tree.body):
        return None
    defined = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    if len(defined) != 1 or not _stands_alone(defined[0], _bound(tree)) or not _modules(tree) <= _MODULES:
        return None
    node = defined[0]
    # A docstring with examples would give the answer to the question.
    if ">>>" in (ast.get_docstring(node) or ""):
        node.body = node.body[1:] or [ast.Pass()]
    missing = sorted(_used(node) & _MODULES - _bound(tree))
    return node.name, "".join(f"import {name}\n" for name in missing) + ("\n\n" if missing else "") + ast.unparse(tree)


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _stands_alone(node: ast.FunctionDef, imports: set[str]) -> bool:
    """Tell whether a function needs nothing but its arguments, builtins and these modules, and returns a value."""
    arguments = [argument.arg for argument in node.args.args]
    if node.decorator_list or not (arguments or node.args.vararg) or arguments[:1] == ["self"]:
        return False
    inside = list(ast.walk(node))
    returns = any(isinstance(inner, ast.Return) and inner.value is not None for inner in inside)
    others = any(isinstance(inner, ast.Yield | ast.YieldFrom | ast.Global | ast.Await) for inner in inside)
    known = imports | _bound(node) | (set(dir(builtins)) - _UNFIT) | _MODULES
    return returns and not others and _used(node) <= known and _modules(node) <= _MODULES


def _used(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _modules(tree: ast.AST) -> set[str]:
    """Return the modules that are imported, by their first names."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
    return found


def _bound(tree: ast.AST) -> set[str]:
    """Return every name that is bound inside."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.FunctionDef(name=name):
                found.add(name)
            case ast.ExceptHandler(name=str() as name):
                found.add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found |= {(alias.asname or alias.name).split(".")[0] for alias in names}
    return found
