import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.synthesize.candidate import Pair
from pipeline.synthesize.corruption import WAYS, Corruptible, corrupt
from pipeline.synthesize.replaced_numbers import other_numbers

BARE = "No number in one sentence"
TEXTS = ["First 10 m. Then 3.14 s.", "小球下落二十五米。所以速度是７米每秒。", "甲是乙。丙是丁。", BARE]


def documents(count, group="physics", text="First {n}0 m. Then 3.14 s. So v = {n}."):
    return [Corruptible(f"d{n}", group, Pair(f"Q{n}?", text.format(n=n))) for n in range(count)]


@given(st.lists(st.sampled_from(TEXTS), max_size=30), st.floats(0, 1), st.integers(0, 5))
def test_exactly_the_stated_share_is_spoilt_as_far_as_it_can_be_and_the_rest_is_untouched(texts, rate, seed):
    before = [Corruptible(f"d{i}", "physics", Pair(f"Q{i}?", text)) for i, text in enumerate(texts)]
    after = corrupt(before, rate, seed)
    can_be = sum(way is not None for _, way in corrupt(before, 1.0, seed))
    assert can_be >= sum(text != BARE for text in texts)
    assert sum(way is not None for _, way in after) == min(round(rate * len(texts)), can_be)
    for document, (pair, way) in zip(before, after, strict=True):
        assert pair.question == document.pair.question
        assert (pair == document.pair) == (way is None)


def test_what_is_spoilt_at_a_low_rate_is_spoilt_alike_at_a_higher_one():
    few, many = corrupt(documents(50), 0.2, 7), corrupt(documents(50), 0.6, 7)
    assert all(low == high for low, high in zip(few, many, strict=True) if low[1])
    assert {way for _, way in corrupt(documents(50), 1.0, 7)} == set(WAYS)
    assert corrupt(documents(50), 0.6, 7) == many != corrupt(documents(50), 0.6, 8)


def test_numbers_keep_their_magnitude_and_change_every_one():
    for document, (pair, way) in zip(documents(20), corrupt(documents(20), 1.0, 0, ["numbers_replaced"]), strict=True):
        old, new = (re.findall(r"\d+(?:\.\d+)?", text) for text in (document.pair.solution, pair.solution))
        assert way == "numbers_replaced"
        assert [len(number) for number in old] == [len(number) for number in new]
        assert all(a != b for a, b in zip(old, new, strict=True))
        assert re.sub(r"\d", "0", document.pair.solution) == re.sub(r"\d", "0", pair.solution)


def test_answers_are_swapped_inside_a_discipline_only():
    mixed = [*documents(10), *documents(10, "biology", "A cell of {n}.")]
    mixed = [Corruptible(f"{i}", d.group, d.pair) for i, d in enumerate(mixed)]
    for document, (pair, way) in zip(mixed, corrupt(mixed, 1.0, 0, ["answers_swapped"]), strict=True):
        group = {d.pair.solution for d in mixed if d.group == document.group}
        assert way == "answers_swapped"
        assert pair.solution in group - {document.pair.solution}


def test_three_tenths_of_the_sentences_are_deleted_and_decimals_end_none():
    sentences = [f"Step {n} gives 1.{n} m. " for n in range(10)]
    (pair, way), *_ = corrupt([Corruptible("x", "g", Pair("Q", "".join(sentences)))], 1.0, 0, ["sentences_deleted"])
    assert way == "sentences_deleted"
    kept = [sentence for sentence in sentences if sentence.strip() in pair.solution]
    assert len(kept) == 7
    assert pair.solution == "".join(kept).rstrip()
    chinese = Corruptible("y", "g", Pair("问", "甲是乙。丙是丁。"))
    assert corrupt([chinese], 1.0, 0, ["sentences_deleted"])[0][0].solution in ("甲是乙。", "丙是丁。")


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("1. Take 25 g of H2O.\n2) Then x_1 = 7.", "1. Take ## g of H2O.\n2) Then x_1 = #."),
        ("Step 3: add 1,250 to 0.5", "Step 3: add #,### to #.#"),
        ("第三个数是一百二十五，一般地，统一取两米、１２．５克。", "第#个数是#百#十#，一般地，统一取#米、##．#克。"),
        ("（1）取三十个。一、一个函数", "（1）取#十个。一、一个函数"),
        ("万一它有千万个", "万一它有千万个"),
    ],
)
def test_numbers_are_replaced_and_what_only_looks_like_one_stays(text, stays):
    for seed in range(30):
        other = other_numbers(text, np.random.default_rng(seed))
        assert len(other) == len(text)
        for before, after, kept in zip(text, other, stays, strict=True):
            assert after == before if kept != "#" else unicodedata.numeric(after) >= 0
        assert (other != text) == ("#" in stays)


def test_marks_that_count_steps_go_with_their_steps():
    text = "1. Add a to b.\n\n2. Halve the sum.\n3. Done with it."
    for seed in range(8):
        ((pair, _),) = corrupt([Corruptible("x", "g", Pair("Q", text))], 1.0, seed, ["sentences_deleted"])
        assert pair.solution in {
            "2. Halve the sum.\n3. Done with it.",
            "1. Add a to b.\n3. Done with it.",
            "1. Add a to b.\n\n2. Halve the sum.",
        }


def test_a_way_that_cannot_apply_gives_place_to_another_and_nothing_is_called_spoilt_that_is_not():
    alone = Corruptible("x", "g", Pair("Q", "No number in one sentence."))
    assert corrupt([alone], 1.0, 0) == [(alone.pair, None)]
    numbered = Corruptible("x", "g", Pair("Q", "Only 5"))
    assert {corrupt([numbered], 1.0, seed)[0][1] for seed in range(9)} == {"numbers_replaced"}


def test_a_rate_is_a_share():
    with pytest.raises(ValueError, match=r"found 1\.5"):
        corrupt([], 1.5, 0)
