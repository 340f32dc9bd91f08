"""Code blocks of a page, as they were typed: line breaks and indents kept, line numbers and buttons left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_NOISE = (
    "linenos",
    "linenodiv",
    "lineno",
    "line-numbers",
    "gutter",
    "blob-num",
    "copybtn",
    "copy-button",
    "headerlink",
    "hljs-ln-numbers",
)
"""Classes of what stands beside code."""
_LANGUAGE = re.compile(
    r"(?:^|\s)(?:language-|lang-|highlight-|highlight-source-|brush:\s*|sourceCode\s+)([A-Za-z0-9+#-]+)"
)
_NO_LANGUAGE = ("default", "none", "text", "notranslate", "plain", "plaintext")
_AROUND = 3
"""Ancestors that may name the language."""


def code_blocks(tree: Any) -> Iterator[tuple[Any, str]]:
    """Yield (element, fenced code) of every block; of nested ones the outermost."""
    for node in list(tree.iter("pre", "listing", "xmp")):
        if not _is_inside(node) and not _is_noise(node):
            yield from _block(_with_its_table(node), node)
    for node in list(tree.iter("code")):
        if not _is_inside(node):
            breaks = any(True for _ in node.iter("br"))
            if breaks or "\n" in (node.text_content().strip()):
                yield from _block(node, node)


def inline_code(tree: Any) -> Iterator[Any]:
    """Yield what is set as code within a line of prose."""
    yield from [node for node in tree.iter("code", "kbd", "samp", "tt", "var") if not _is_inside(node)]


def _is_inside(node: Any) -> bool:
    return any(around.tag in ("pre", "listing", "xmp") for around in node.iterancestors())


def _is_noise(node: Any) -> bool:
    return any(set((item.get("class") or "").split()) & set(_NOISE) for item in (node, *list(node.iterancestors())[:3]))


def _block(place: Any, node: Any) -> Iterator[tuple[Any, str]]:
    language = _language(place) or _language(node)
    for name in _NOISE:
        for noise in list(node.find_class(name)):
            if noise is not node:
                noise.drop_tree()
    for line_break in list(node.iter("br")):
        line_break.tail = "\n" + (line_break.tail or "")
    lines = [line.rstrip() for line in node.text_content().replace("\r\n", "\n").replace("\xa0", " ").split("\n")]
    while lines and not lines[0]:
        del lines[0]
    while lines and not lines[-1]:
        del lines[-1]
    if lines:
        text = "\n".join(lines)
        fence = "````" if "```" in text else "```"
        yield place, f"{fence}{language}\n{text}\n{fence}"


def _with_its_table(node: Any) -> Any:
    """Return the table whose other column numbers the lines, or the element itself."""
    for around in list(node.iterancestors())[:6]:
        if around.tag == "table":
            return around if "highlighttable" in (around.get("class") or "") else node
    return node


def _language(node: Any) -> str:
    for element in (node, *node.iterchildren("code"), *list(node.iterancestors())[:_AROUND]):
        if (match := _LANGUAGE.search(element.get("class") or "")) and match[1].lower() not in _NO_LANGUAGE:
            return match[1].lower()
    return ""
