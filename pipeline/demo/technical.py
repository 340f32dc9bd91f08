"""Technical readers: documentation with formulas out of scientific packages, and the standard library's code.

A docstring is found by parsing, not importing, so nothing of the packages runs.
"""

from __future__ import annotations

import ast
import inspect
import sysconfig
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pipeline.demo.document import Document

_LEAST_CHARACTERS = 1000
_CODE_BYTES = range(2_000, 40_001)
_NOT_CODE = {
    "test",
    "tests",
    "idlelib",
    "lib2to3",
    "site-packages",
    "dist-packages",
    "turtledemo",
    "ensurepip",
    "encodings",
    "pydoc_data",
    "__pycache__",
}


def documentation(*wheels: Path) -> Iterator[Document]:
    """Yield every docstring of at least 1000 characters in the wheels' modules, their tests left out."""
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.endswith(".py") and "/tests/" not in name]
            for name in sorted(names):
                yield from _long_docstrings(name, archive.read(name))


def _long_docstrings(path: str, code: bytes) -> Iterator[Document]:
    repeated: Counter[str] = Counter()
    for name, text in docstrings(ast.parse(code)):
        if len(text) < _LEAST_CHARACTERS:
            continue
        repeated[name] += 1
        suffix = f"#{repeated[name]}" if repeated[name] > 1 else ""
        yield Document(f"{path}:{name}{suffix}", text, name or path)


def docstrings(node: ast.AST, qualifier: str = "") -> Iterator[tuple[str, str]]:
    """Yield (qualified name, dedented text) of every docstring and every `add_newdoc(name, text)`, top down.

    The module's own name is empty. The last string handed to `add_newdoc` is the text, as in SciPy's modules.
    """
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        if text := ast.get_docstring(node):
            yield qualifier, text
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "add_newdoc":
        values = [each.value for each in node.args if isinstance(each, ast.Constant)]
        strings = [value for value in values if isinstance(value, str)]
        if len(strings) > 1:
            yield ".".join(strings[:-1]), inspect.cleandoc(strings[-1])
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from docstrings(child, f"{qualifier}.{child.name}".lstrip("."))
        else:
            yield from docstrings(child, qualifier)


def standard_library() -> Iterator[Document]:
    """Yield the modules of the running Python's standard library of 2 to 40 kB, in order of their paths."""
    yield from modules(Path(sysconfig.get_path("stdlib")))


def modules(root: Path) -> Iterator[Document]:
    """Yield the .py files below `root` of 2 to 40 kB; tests, packaging and tables are left out."""
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        if _NOT_CODE.isdisjoint(relative.parts) and path.stat().st_size in _CODE_BYTES:
            yield Document(relative.as_posix(), path.read_text(encoding="utf-8"))
