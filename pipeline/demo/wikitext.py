"""Wikitext to plain text: what a reader sees of a page, with its formulas kept as LaTeX between dollar signs.

Dropped: references, tables, galleries, images, categories, comments, and templates except the few that
carry words of a sentence (`{{convert|5|km}}`, `{{lang|fr|mot}}`, quotations). Headings stay, as lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import mwparserfromhell
from mwparserfromhell import nodes

_DROPPED_TAGS = {"ref", "references", "table", "gallery", "timeline", "imagemap", "score", "hr"}
_DROPPED_LINK = re.compile(r"\s*(file|image|category|media|simple|[a-z]{2,3}(-[a-z]+)?):", re.IGNORECASE)
_FIRST = {
    "nowrap",
    "nobr",
    "small",
    "smaller",
    "big",
    "sc",
    "smallcaps",
    "math",
    "mvar",
    "sup",
    "sub",
    "abbr",
    "quote",
    "quotation",
    "cquote",
    "blockquote",
    "bquote",
    "quote box",
    "tooltip",
    "iast",
    "unicode",
    "vanchor",
    "visible anchor",
    "circa",
    "vr",
    "railgauge",
    "nihongo",
    "flag",
    "flagcountry",
}
_LAST = {"lang", "transl", "tlit", "transliteration", "linktext", "as of", "color", "script"}
_FIXED = {
    "nbsp": " ",
    "spaced ndash": " – ",
    "snd": " – ",
    "spaced en dash": " – ",
    "ndash": "–",
    "mdash": "—",
    "mdashb": "—",
    "'": "'",
    "'s": "'s",
    "=": "=",
    "!": "|",
    "pi": "π",
    "·": " · ",
}
_RANGE_WORDS = {"to", "-", "–", "and", "by", "x"}


def sections(wikitext: str) -> Iterator[str]:
    """Yield the plain text of the lead, then of each level-2 section with its heading, unless empty."""
    page = mwparserfromhell.parse(wikitext)
    for section in page.get_sections(levels=[2], include_lead=True):
        if text := _tidy(_render(section.nodes)):
            yield text


def plain_text(wikitext: str) -> str:
    """Return the whole of `wikitext` as plain text."""
    return _tidy(_render(mwparserfromhell.parse(wikitext).nodes))


def _render(items: Iterable[Any]) -> str:
    return "".join(_render_node(node) for node in items)


def _render_node(node: Any) -> str:
    for kind, render in _RENDERERS.items():
        if isinstance(node, kind):
            return render(node)
    return ""  # comments, template arguments


def _heading(node: Any) -> str:
    return f"\n\n{_render(node.title.nodes).strip()}\n\n"


def _entity(node: Any) -> str:
    return node.normalize() or str(node)


def _link(node: Any) -> str:
    title = str(node.title)
    if _DROPPED_LINK.match(title):
        return ""
    return _render(node.text.nodes) if node.text is not None else title.strip().lstrip(":")


def _external_link(node: Any) -> str:
    if node.title is not None:
        return _render(node.title.nodes)
    return "" if node.brackets else str(node.url)


def _tag(node: Any) -> str:
    name = str(node.tag).strip().lower()
    if name == "math":
        return f"${' '.join(str(node.contents).split())}$"
    if name == "li":
        return "- " if node.wiki_markup else f"\n- {_render(node.contents.nodes)}"
    if name in ("br", "p", "div"):
        return "\n" + (_render(node.contents.nodes) + "\n" if node.contents is not None else "")
    if name in _DROPPED_TAGS or node.contents is None:
        return ""
    return _render(node.contents.nodes)


def _template(node: Any) -> str:
    name = " ".join(str(node.name).replace("_", " ").split()).lower()
    if name in _FIXED:
        return _FIXED[name]
    if name.startswith("formatnum:"):
        return name.removeprefix("formatnum:").strip()
    values = [_render(each.value.nodes).strip() for each in node.params if not each.showkey]
    named = {str(each.name).strip(): _render(each.value.nodes).strip() for each in node.params if each.showkey}
    if name in _FIRST or name.startswith("lang-"):
        return values[0] if values else named.get("text", named.get("quote", named.get("1", "")))
    if not values:
        return ""
    if name in _LAST:
        return values[-1]
    return _measure(name, values, named)


def _measure(name: str, values: list[str], named: dict[str, str]) -> str:
    """Render templates of quantities, formulas and sounds; all others are dropped."""
    if name in ("convert", "cvt"):
        return " ".join(values[:4] if _RANGE_WORDS.intersection(values[1:2]) else values[:2])
    if name == "val":
        return f"{values[0]} {named.get('u', named.get('ul', ''))}".strip()
    if name in ("frac", "sfrac", "fraction"):
        return "/".join(values[-2:]) if len(values) < 3 else f"{values[0]} {values[1]}/{values[2]}"
    if name in ("chem", "chem2"):
        return "".join(values)
    if name in ("angbr", "angle bracket"):
        return f"⟨{values[0]}⟩"
    if name == "ipac-en":
        return f"/{''.join(values)}/"
    return values[0] if name.startswith("ipa") else ""


def _tidy(text: str) -> str:
    text = re.sub(r"'{2,}|__[A-Z]+__", "", text.replace("\u00a0", " "))
    # Templates such as pronunciations leave their brackets behind.
    text = re.sub(r"[ \t]*\([\s,;:]*\)", "", text)
    text = re.sub(r"\(\s*[,;]\s*", "(", text)
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in text.split("\n")]
    # Tables that are not closed where they should be are no tables to the parser; their rows start like this.
    kept = [line for line in lines if line != "-" and not line.startswith(("{|", "|", "!"))]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


_RENDERERS: dict[type, Callable[[Any], str]] = {
    nodes.Text: lambda node: str(node.value),
    nodes.Wikilink: _link,
    nodes.Template: _template,
    nodes.Tag: _tag,
    nodes.Heading: _heading,
    nodes.HTMLEntity: _entity,
    nodes.ExternalLink: _external_link,
}
