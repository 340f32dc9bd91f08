"""What every repair must do, whatever it mends; and that repairs and filters stand any text at all."""

import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sizes import at_least

from pipeline.clean.adapter import repaired
from pipeline.clean.filter import Page
from pipeline.clean.filters import default_filters
from pipeline.clean.filters.phrases import Phrases
from pipeline.clean.filters.url import Url
from pipeline.clean.profile import FOLDER
from pipeline.clean.repair import Repaired
from pipeline.clean.repairs import AnyRepair, default_repairs

KINDS = typing.get_args(typing.get_args(AnyRepair)[0])
PROFILES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=200)
"""Of every code point: lone surrogates, NULs, private use, right to left, emoji."""
PIECES = st.lists(
    st.sampled_from(
        (
            "\0",
            "\ud800",
            "\udc00\ud83d",
            "مرحبا بالعالم",
            "שלום",
            "👩‍👩‍👧‍👦",
            "ＡＢ１２，",
            "漢語",
            "&amp;",
            "$x^2$",
            "\\begin{a}",
            "```",
            "\r\n",
            "\u2028",
            "All rights reserved.",
            "a@b.com",
            "13812345678",
            "cafÃ©",
            "\x1b[0m",
            " ",
            "e\u0301",
            "<b>",
            "1.2.3.4",
            "::",
            "word " * 9,
            "好" * 30,
            "\n\n\n\n",
            "1" * 40,
            "2001:",
            "@",
            "$",
            "{",
            "http://x.y/?q=1",
        )
    ),
    max_size=25,
).map("".join)
EVERY = (*default_filters(), Url(block=("x.y", "/q=[0-9]/")), Phrases(block=("word", "漢語")))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(text=ANY_TEXT | PIECES, name=st.sampled_from(PROFILES))
@at_least(40)
def test_never_raises_counts_what_it_changes_and_is_done_at_once(kind, text, name):
    first = kind().repair(text, name)
    assert isinstance(first, Repaired)
    assert bool(first.counts) == (first.text != text)
    assert all(count > 0 for count in first.counts.values())
    again = kind().repair(first.text, name)
    assert again.text == first.text or kind.__name__ == "Unicode"  # what ftfy decodes may be wrongly decoded itself


@given(text=ANY_TEXT | PIECES, name=st.sampled_from(PROFILES))
@at_least(60)
def test_any_text_passes_all_repairs_and_filters(text, name):
    mended, *_ = repaired(text, default_repairs(), name)
    mended.encode("utf-8")
    page = Page(mended, name, "", 0.0, "http://x.y/")
    raw = Page(text, name, "eng_Latn", 0.5, "\ud800://")
    for rule in EVERY:
        for each in (page, raw):
            rejection = rule.reject(each)
            assert rejection is None or all(rejection)


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "a ",
        "好",
        "$x$ ",
        "1",
        ".",
        "a@",
        "\0",
        "👩‍👩‍👧",
        "\\begin{a}",
        "ab:",
        "\ud800",
        "1.2.",
        "\\[",
        "```",
        "<a ",
        "word. ",
    ],
)
def test_time_grows_with_the_text(unit):
    """What is slow for a long line without an end would take the suite's patience here."""
    text = unit * (200_000 // len(unit))
    for name in ("en", "code"):
        mended, *_ = repaired(text, default_repairs(), name)
        page = Page(mended, name, "", 0.0)
        for rule in EVERY:
            rule.reject(page)


def test_default_repairs_are_every_repair_but_simplifying():
    assert sorted([*(type(r).__name__ for r in default_repairs()), "Simplified"]) == sorted(k.__name__ for k in KINDS)


def test_the_order_of_repairs_is_the_recipes():
    assert [rule.kind for rule in default_repairs()][-1] == "masking"
    text, counts, _ = repaired("ｌｉ＠１６３．ｃｏｍ &amp; 电话13812345678", default_repairs(), "zh")
    assert text == "<EMAIL> & 电话<PHONE>"
    assert counts == {"unicode": 1, "width": 8, "email": 1, "phone": 1}
