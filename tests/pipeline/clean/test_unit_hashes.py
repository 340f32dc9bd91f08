"""Units in bulk: the same wherever a text stands, and as a plain walk through the text finds them."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean import unit_hashes
from pipeline.clean.unit_hashes import ngrams, spelled, units_of

ANY = st.text(st.characters(codec=None), max_size=60) | st.text("aB é,.-/:3７٣中文ไ\n\x00", max_size=60)


def by_hand(text):
    """Walk through a text character by character."""
    units, previous = [], ""
    for i, character in enumerate(text):
        around = unicodedata.category(text[i - 1]) if i else "", unicodedata.category(text[i + 1 : i + 2] or "\n")
        category = unicodedata.category(character)
        joins = unicodedata.normalize("NFKC", character) in ".,:/-" and around == ("Nd", "Nd")
        kind = "digit" if category == "Nd" or joins else "word" if category[0] in "LMN" else ""
        if ord(character) > 0x323AF:
            kind = ""
        if any(a <= ord(character) <= b for a, b in unit_hashes_unspaced()) and kind == "word":
            kind = "alone"
        if kind:
            if kind == "alone" or kind != previous:
                units.append("")
            units[-1] += character
        previous = kind
    return units


def unit_hashes_unspaced():
    from pipeline.clean.code_points import _UNSPACED

    return _UNSPACED


@given(ANY)
@settings(max_examples=150, deadline=None)
def test_units_are_those_of_a_plain_walk(text):
    (units,) = units_of([text])
    found = [units.text[b:e] for b, e in zip(units.begin, units.end, strict=True)]
    assert found == by_hand(text)
    assert len(spelled(text)) == len(found)


@given(st.lists(ANY, max_size=5))
@settings(max_examples=100, deadline=None)
def test_a_hash_depends_on_the_unit_alone(texts):
    together = [u.values[a:b].tolist() for u in units_of(texts) for a, b in zip(u.bounds, u.bounds[1:], strict=False)]
    alone = [next(units_of([text])).values.tolist() for text in texts]
    assert together == alone
    spoken = {
        value: word
        for text, row in zip(texts, alone, strict=True)
        for value, word in zip(row, spelled(text), strict=True)
    }
    assert all(
        spoken[v] == w for t, row in zip(texts, alone, strict=True) for v, w in zip(row, spelled(t), strict=True)
    )


def test_case_width_and_punctuation_do_not_count_but_numbers_and_accents_do():
    assert spelled("Ｈello, WORLD! 3.14 x-ray 2024-05-01 10kg 中文") == [
        "hello", "world", "3.14", "x", "ray", "2024-05-01", "10", "kg", "中", "文",
    ]  # fmt: skip
    assert spelled("été 1,5") != spelled("ete 15")


@pytest.mark.parametrize("text", ["ab cd efg 12 " * 60, "中文字" * 200, "a" * 700 + " end of it " * 30, " \x00" * 500])
def test_a_long_document_gives_the_same_in_pieces(text, monkeypatch):
    (whole,) = units_of([text])
    monkeypatch.setattr(unit_hashes, "PIECE", 200)
    pieces = list(units_of(["before", text, "", "after"]))
    mine = [piece for piece in pieces if piece.document == 1 and len(piece.bounds) == 2]
    if "a" * 200 not in text:  # one word longer than a piece is cut
        assert np.array_equal(np.concatenate([piece.values[: piece.own] for piece in mine]), whole.values)
        assert set(ngrams(whole.values, 20)) == {gram for piece in mine for gram in ngrams(piece.values, 20)}
    assert [piece.text for piece in pieces][-1] == "\nafter\n"


def test_ngrams_are_equal_exactly_where_the_units_are():
    (units,) = units_of(["a b c d a b c a b"])
    found = ngrams(units.values, 3).tolist()
    assert found[0] == found[4]
    assert len(set(found)) == 6
    assert len(ngrams(units.values[:2], 3)) == 0
