"""Formulas of a page: MathML, MathJax and KaTeX scripts, formula images, and TeX that stands in the page as it is.

Each becomes LaTeX between dollars, the source where the page still holds it. What a script has drawn beside the source
is taken out, or every formula would come twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipeline.clean.markup.mathml import latex

_DRAWN = (
    "katex-html",
    "MathJax_Preview",
    "MathJax",
    "MathJax_Display",
    "MathJax_SVG",
    "MathJax_SVG_Display",
    "MathJax_CHTML",
    "mwe-math-fallback-image-inline",
    "mwe-math-fallback-image-display",
)
"""Classes of what a script drew from a source that stands beside it."""
_IMAGE_CLASS = re.compile(r"\b(?:math|tex|latex|formula|equation|mimetex|mathtex)\b|mwe-math", re.IGNORECASE)
_IMAGE_PLACE = re.compile(r"latex|mimetex|mathtex|codecogs|/math/|/tex/|/math/render", re.IGNORECASE)
_TEX_CLASS = re.compile(r"(?:^|\s)(?:math|tex2jax_process|arithmatex|MathTeX)(?:\s|$)")
_DELIMITED = re.compile(r"\s*(?:\\\[(.*)\\\]|\\\((.*)\\\)|\$\$(.*)\$\$|\$(.*)\$)\s*", re.DOTALL)
_BRACED = re.compile(r"\s*\{\\(?:displaystyle|textstyle)\s?(.*)\}\s*", re.DOTALL)
Found = tuple[Any, str, bool]
"""The element that a formula stands in, its LaTeX, and whether it stands on lines of its own."""


def formulas(tree: Any) -> Iterator[Found]:
    """Yield every formula once, in no particular order; the tree loses what was drawn from them."""
    yield from _sources(tree)
    for name in _DRAWN:
        for node in list(tree.find_class(name)):
            if not _holds_source(node):
                node.drop_tree()
    yield from _images(tree)


def _sources(tree: Any) -> Iterator[Found]:
    for node in list(tree.iter("math")):
        yield from _formula(_outermost(node), _of_mathml(node), _is_display(node))
    for node in list(tree.iter("script")):
        kind, _, mode = (node.get("type") or "").lower().partition(";")
        if kind.strip() in ("math/tex", "math/latex"):
            yield from _formula(node, node.text or "", "display" in mode)
    for node in list(tree.iter("span", "div")):
        if _TEX_CLASS.search(node.get("class") or "") and (match := _DELIMITED.fullmatch(_text(node))):
            source = next(part for part in match.groups() if part is not None)
            yield from _formula(node, source, match[1] is not None or match[3] is not None)


def _images(tree: Any) -> Iterator[Found]:
    for node in list(tree.iter("img")):
        alternative = node.get("alt") or ""
        if _IMAGE_CLASS.search(node.get("class") or "") or _IMAGE_PLACE.search(node.get("src") or ""):
            around = node.getparent()
            alone = around is not None and around.tag in ("p", "div") and len(around) == 1 and not _text(around).strip()
            yield from _formula(node, alternative, alone)


def _formula(node: Any, source: str, display: bool) -> Iterator[Found]:
    if match := _BRACED.fullmatch(source):
        source = match[1]
    source = " ".join(source.split())
    if source:
        yield node, f"$${source}$$" if display else f"${source}$", display


def _of_mathml(node: Any) -> str:
    for note in node.iter("annotation"):
        if "tex" in (note.get("encoding") or "").lower() and (note.text or "").strip():
            return str(note.text)
    return node.get("alttext") or latex(node)


def _outermost(node: Any) -> Any:
    """Return the element that stands for the formula alone: KaTeX and Wikipedia put several around it."""
    best = node
    for around in node.iterancestors():
        classes = around.get("class") or ""
        if "katex" not in classes and "mwe-math" not in classes and around.tag not in ("mjx-container", "semantics"):
            if around.tag != "mjx-assistive-mml" and "MathJax" not in classes:
                break
            continue
        best = around
    return best


def _is_display(node: Any) -> bool:
    around = " ".join(item.get("class") or "" for item in (node, *list(node.iterancestors())[:3]))
    named = node.get("display") == "block" or node.get("mode") == "display"
    return named or "katex-display" in around or "math-element-display" in around or "image-display" in around


def _holds_source(node: Any) -> bool:
    return any((script.get("type") or "").startswith("math/") for script in node.iter("script")) or any(
        True for _ in node.iter("math")
    )


def _text(node: Any) -> str:
    return str(node.text_content())
