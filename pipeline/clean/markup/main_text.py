"""The main text of an HTML page, with its formulas as LaTeX and its code in fences.

trafilatura finds the main text, and would drop or flatten both. So words that the page does not hold take their places
before, and are exchanged for them after. Its own deduplication is off: it remembers earlier pages, so its output would
depend on who read what.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import Any

from pipeline.clean.markup.code import code_blocks, inline_code
from pipeline.clean.markup.formulas import formulas

_INLINE = ("p", "span", "a", "b", "i", "em", "strong", "dt", "h1", "h2", "h3", "h4", "h5", "h6")
"""Elements that hold no paragraph."""
_MANY_LINES = re.compile(r"\n{3,}")


def main_text(page: str) -> str:
    """Return the text, or nothing where there is none."""
    import trafilatura
    from lxml import html

    if not page.strip():
        return ""
    data = page.encode(errors="replace")
    tree = html.fromstring(data, parser=html.HTMLParser(encoding="utf-8", huge_tree=True))
    mark = "hw" + "".join(chr(ord("a") + byte % 26) for byte in hashlib.blake2b(data, digest_size=8).digest())
    held: list[str] = []
    for node, fenced in code_blocks(tree):
        _exchange(node, _word(mark, held, f"\n\n{fenced}\n\n"), block=True)
    for node in inline_code(tree):
        node.drop_tag()  # trafilatura would put it on a line of its own
    for node, formula, display in formulas(tree):
        _exchange(node, _word(mark, held, f"\n\n{formula}\n\n" if display else formula), block=display)
    text = trafilatura.extract(
        html.tostring(tree, encoding="unicode"),
        include_comments=False,
        deduplicate=False,
        favor_recall=True,
        config=_configuration(),
    )
    return _restored(text or "", mark, held)


@cache
def _configuration() -> Any:
    """Return trafilatura's settings, but for a short text's fallback, which says the text of an ``<article>`` twice."""
    from trafilatura.settings import use_config

    settings = use_config()
    settings.set("DEFAULT", "MIN_EXTRACTED_SIZE", "0")
    return settings


def _word(mark: str, held: list[str], meant: str) -> str:
    held.append(meant)
    return f"{mark}{len(held) - 1}x"


def _exchange(node: Any, word: str, *, block: bool) -> None:
    """Put a word where the element stood; the text after it stays."""
    from lxml import etree

    parent = node.getparent()
    if parent is None:
        return
    new = etree.Element("p" if block and parent.tag not in _INLINE else "span")
    new.text, new.tail = word, node.tail
    parent.replace(node, new)


def _restored(text: str, mark: str, held: list[str]) -> str:
    text = re.sub(rf"{mark}(\d+)x", lambda match: held[int(match[1])], text)
    return _MANY_LINES.sub("\n\n", text).strip()
