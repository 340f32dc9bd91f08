import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.clean.units import units
from pipeline.label.code_points import CHUNK, Texts, chunks, classes, hashes, of_each, unit_ends, unit_starts

ANY = st.text(st.characters(), max_size=80)


@given(st.lists(ANY, max_size=6))
@example(["日本語とEnglish_mixed・中文。", "ー・ー", "x\ud800y", "½²a_b"])
def test_units_are_those_of_cleaning(texts):
    laid = Texts.of(texts)
    kinds = of_each(classes(), laid)
    starts, ends = unit_starts(kinds), unit_ends(kinds)
    end_to_end = "".join(text + "\n" for text in texts)
    assert [end_to_end[a:b] for a, b in zip(starts, ends, strict=True)] == [u for text in texts for u in units(text)]
    assert list(laid.count(starts)) == [len(units(text)) for text in texts]


@given(st.lists(ANY, max_size=6))
@example(["Word word WORD drow", "a" * 5000 + " " + "a" * 4999, "字字"])
def test_hashes_are_equal_for_equal_words_alone(texts):
    laid = Texts.of(texts)
    found = hashes(laid, of_each(classes(), laid)).tolist()
    small = ["".join(c.lower() if len(c.lower()) == 1 else c for c in u) for text in texts for u in units(text)]
    assert len(found) == len(small)
    assert len(dict.fromkeys(zip(found, small, strict=True))) == len(set(found)) == len(set(small))


def test_chunks_hold_every_text_once_in_order():
    texts = ["a" * (CHUNK // 3 + i) for i in range(7)] + ["b" * 3 * CHUNK, "", "c"]
    found = [(rows, chunk) for rows, chunk in chunks(texts, CHUNK)]
    assert [i for rows, _ in found for i in range(rows.start, rows.stop)] == list(range(len(texts)))
    lengths = np.concatenate([np.diff(chunk.starts) - 1 for _, chunk in found])
    assert lengths.tolist() == [min(len(text), CHUNK) for text in texts]
    assert all(len(chunk.points) < 2 * CHUNK + len(texts) for _, chunk in found)
    assert len(found) > 1
