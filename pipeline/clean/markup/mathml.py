"""Presentation MathML as LaTeX: what pages offer where neither an annotation nor ``alttext`` holds the source.

Layout alone is kept (fractions, roots, scripts, tables), which is what a reader of the page sees.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

_SPECIAL = str.maketrans({sign: f"\\{sign}" for sign in "%#&_{}"})
_DEEPEST = 200
"""Levels of nesting; below them only the text is taken."""


def latex(node: Any, depth: int = 0) -> str:
    """Return the formula of a MathML element."""
    if not isinstance(node.tag, str):
        return ""
    name = node.tag.rpartition("}")[2].rpartition(":")[2].lower()
    if depth > _DEEPEST:
        return "".join(node.itertext())
    if name in ("mi", "mn", "mo", "ms", "mtext"):
        text = "".join(node.itertext()).strip().translate(_SPECIAL)
        return f"\\text{{{text}}}" if name in ("mtext", "ms") and text else text
    if name in ("annotation", "annotation-xml"):
        return ""
    parts = [latex(child, depth + 1) for child in node if isinstance(child.tag, str)]
    shape = _SHAPES.get(name)
    if shape is not None and len(parts) == shape[0]:
        return shape[1](parts)
    if name == "msqrt":
        return f"\\sqrt{{{_run(parts)}}}"
    if name == "mtable":
        return "\\begin{matrix} " + " \\\\ ".join(parts) + " \\end{matrix}"
    if name in ("mtr", "mlabeledtr"):
        return " & ".join(parts)
    return _run(parts)


def _run(parts: Sequence[str]) -> str:
    """Join parts, with a space where a letter would run into a command."""
    result = ""
    for part in filter(None, parts):
        command = result.rpartition("\\")[2] if "\\" in result else ""
        result += f" {part}" if command.isalpha() and part[0].isalpha() else part
    return result


def _group(part: str) -> str:
    return part if len(part) == 1 else f"{{{part}}}"


_SHAPES: dict[str, tuple[int, Callable[[Sequence[str]], str]]] = {
    "mfrac": (2, lambda parts: f"\\frac{{{parts[0]}}}{{{parts[1]}}}"),
    "mroot": (2, lambda parts: f"\\sqrt[{parts[1]}]{{{parts[0]}}}"),
    "msup": (2, lambda parts: f"{_group(parts[0])}^{_group(parts[1])}"),
    "msub": (2, lambda parts: f"{_group(parts[0])}_{_group(parts[1])}"),
    "msubsup": (3, lambda parts: f"{_group(parts[0])}_{_group(parts[1])}^{_group(parts[2])}"),
    "mover": (2, lambda parts: f"\\overset{{{parts[1]}}}{{{parts[0]}}}"),
    "munder": (2, lambda parts: f"\\underset{{{parts[1]}}}{{{parts[0]}}}"),
    "munderover": (3, lambda parts: f"{_group(parts[0])}_{_group(parts[1])}^{_group(parts[2])}"),
}
"""Element -> number of its children, and what is made of them."""
